"""The base of every strategic agent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from agents.means.hedging import Hedging
from agents.means.voting import Voting

if TYPE_CHECKING:
    from market.access.desk import Desk
    from market.access.observation import Observation
    from market.access.protocols import Ballot
    from market.access.seat import Seat

DELAYS = 512


class StrategicAgent:
    """An agent that observes, submits intents and learns from receipts.

    A strategy is a subclass in a file of its own under its role; its constructor's keywords are its parameters. It is
    told what it may know by its seat, and then slot by slot by what it sees: it holds no reference to the market.

    Attributes
    ----------
    account : int
        where its funds are
    rng_own : numpy.random.Generator
        its own stream
    hedging : Hedging
        what it has learned of the costs of orders to the outside market, where those are apart from blocks
    voting : Voting
        what it has earned under each policy that holders of stake vote on
    wake_at : float
        no call of `act` before this time [s]; what it sets in one of its methods holds from then on
    reasons : tuple of functions or None
        what it looks for, public facts of a slot by what is seen: without any `act` does nothing before `rests_until`,
        and is not called; None: it is always called. A subclass states its own, or has none
    """

    role: ClassVar[str] = ""
    acts: ClassVar[bool] = False
    wake_at: float = 0.0
    reasons: Any = None

    def __init_subclass__(cls, **kwargs) -> None:
        """Note whether the strategy does anything in `act`: whoever does not is never asked."""
        super().__init_subclass__(**kwargs)
        cls.acts = cls.act is not StrategicAgent.act
        cls.reasons = vars(cls).get("reasons")  # whoever acts otherwise may look for more

    def __init__(self, seat: Seat) -> None:
        self.account, self.name, self.capital_usd = seat.account, seat.name, seat.capital_usd
        self.rng_own = seat.stream
        self._latency, self.latency_law = seat.latency_s, seat.latency
        self.hedging = Hedging(seat)
        self.voting = Voting(seat)
        self._delays: list[float] = []

    @property
    def rests_until(self) -> float:
        """When it looks next though none of its reasons is there [s]: found out anew behind each call of a method."""
        return -math.inf if self.hedging.apart else math.inf

    @property
    def latency_s(self) -> float:
        """Delay of the next message [s]: a draw from the agent's law, by default U(0.5, 1.5) times the mean."""
        if not self._delays:
            self._delays = self.latency_law.draw(self.rng_own, self._latency, DELAYS).tolist()
        return self._delays.pop()

    def act(self, seen: Observation, desk: Desk) -> None:
        """Observe and submit. Called in every slot of every domain once `wake_at` has passed, and for `reasons`."""

    def learn(self, receipts: np.ndarray) -> None:
        """Take note of one's own receipts of a block: shape (n,), dtype `market.intents.INTENT`."""

    def traded_outside(self, receipts: np.ndarray) -> None:
        """Take note of own orders that were carried out apart from blocks: shape (n,), dtype `INTENT`."""
        self.hedging.learn(receipts)

    def governed(self, seen: Observation, value: Any) -> None:
        """Hear what is in force from now on of that which holders vote on; asked of holders only."""
        self.voting.governed(seen, value)

    def vote(self, seen: Observation, ballot: Ballot) -> bool | None:
        """Whether one wants the proposal in place of what is in force; None: one abstains."""
        return self.voting.vote(seen, ballot)


class Trader(StrategicAgent):
    """Base of trading strategies."""

    role = "trader"


class Liquidator(StrategicAgent):
    """Base of liquidation strategies."""

    role = "liquidator"


class MarketMaker(StrategicAgent):
    """Base of strategies that provide liquidity."""

    role = "market_maker"
