"""The base of every strategic agent."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, ClassVar

import mesa
import numpy as np

if TYPE_CHECKING:
    from market.desk import Desk
    from market.model import SequencerMarket
    from market.observation import Observation

DELAYS = 512


class StrategicAgent(mesa.Agent):
    """An agent that observes, submits intents and learns from receipts.

    A strategy is a subclass in a file of its own under its role; its constructor's keywords are its parameters.
    Draw from `self.rng_own` only: Mesa's `rng` is one stream shared by the whole model.

    Attributes
    ----------
    account : int
        where its funds are
    rng_own : numpy.random.Generator
        its own stream
    wake_at : float
        no call of `act` before this time [s]
    """

    role: ClassVar[str] = ""
    acts: ClassVar[bool] = False
    wake_at: float = 0.0

    def __init_subclass__(cls, **kwargs) -> None:
        """Note whether the strategy does anything in `act`: whoever does not is never asked."""
        super().__init_subclass__(**kwargs)
        cls.acts = cls.act is not StrategicAgent.act

    def __init__(self, model: SequencerMarket, account: int) -> None:
        super().__init__(model)
        member = model.members[account]
        self.account = account
        self.name = member.name
        self.capital_usd = member.capital_usd
        self._latency = member.latency_s
        # keyed by name, not by account: regimes differ in how many sequencers come first
        own = zlib.crc32(self.name.encode())
        stream = np.random.SeedSequence(
            entropy=model.streams["agents"].entropy, spawn_key=(*model.streams["agents"].spawn_key, own)
        )
        self.rng_own = np.random.default_rng(stream)
        self._delays: list[float] = []

    @property
    def latency_s(self) -> float:
        """Delay of the next message [s]: the mean latency times a draw from U(0.5, 1.5)."""
        if not self._delays:
            self._delays = (self._latency * (0.5 + self.rng_own.random(DELAYS))).tolist()
        return self._delays.pop()

    def act(self, seen: Observation, desk: Desk) -> None:
        """Observe and submit. Called in every slot of every domain once `wake_at` has passed."""

    def learn(self, receipts: np.ndarray) -> None:
        """Take note of one's own receipts of a block: shape (n,), dtype `market.intents.INTENT`."""


class Trader(StrategicAgent):
    """Base of trading strategies."""

    role = "trader"


class Liquidator(StrategicAgent):
    """Base of liquidation strategies."""

    role = "liquidator"


class MarketMaker(StrategicAgent):
    """Base of strategies that provide liquidity."""

    role = "market_maker"
