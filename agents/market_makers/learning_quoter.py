"""A market maker of perpetuals that learns by Q-learning which half spread to quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.base import MarketMaker
from agents.learning import QLearning
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.venues import Kind

SPREADS_BP = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0)
BP = 1e-4


@dataclass
class Carried:
    """What a maker's contract and its market were at the start of a period."""

    cash: float  # before funding that is not paid yet [USD]
    size: float
    funded: float  # funding index that the cash has been paid up to [USD]
    price: float  # the oracle's [USD]
    funding: float  # the market's funding index [USD]
    time: float  # [s]

    @property
    def equity(self) -> float:
        """Cash after funding and the value of the contract at the oracle's price [USD]."""
        return self.cash - self.size * (self.funding - self.funded) + self.size * self.price

    def earned_by(self, later: Carried) -> float:
        """Change of equity beyond what the contract as it was would have brought by price and funding [USD].

        Size, price and funding are public: what they do to a position held from before is no merit of the quote.
        """
        drift = self.size * ((later.price - self.price) - (later.funding - self.funding))
        return later.equity - self.equity - drift


class LearningQuoter(MarketMaker):
    """Q-learning over half spreads, for each perpetual whose maker is its own: one quote a period, then its lesson.

    A quote is an intent: its period begins with the first look after it was included, not when it was sent. One that
    was not carried out is sent again. A payoff is what the maker's contract earned per hour.

    Parameters
    ----------
    spreads_bp
        the grid: half spreads that may be quoted, from 0 to below 10,000 [bp]
    review_s
        length of a period: one quote, one lesson [s]
    rate, decay
        learning rate in (0, 1]; it explores in period t with probability exp(-decay t) [1, 1 / period]
    tip_usd
        tip of every quote [USD]
    """

    def __init__(
        self,
        seat: Seat,
        spreads_bp: Sequence[float] = SPREADS_BP,
        review_s: float = 30.0,
        rate: float = 0.1,
        decay: float = 0.01,
        tip_usd: float = 0.0,
    ) -> None:
        super().__init__(seat)
        grid = np.array(spreads_bp, dtype=float)
        if not (grid.size and (grid >= 0.0).all() and (grid < 1e4).all()):
            raise ValueError(f"spreads_bp must lie in [0, 10000), not {spreads_bp!r}")
        if not (review_s > 0.0 and 0.0 < rate <= 1.0 and decay >= 0.0 and tip_usd >= 0.0):
            raise ValueError("review_s must be positive, rate in (0, 1], decay and tip_usd not negative")
        self.review_s, self.tip_usd = review_s, tip_usd
        self.markets = list(seat.makes)
        seeds = self.rng_own.integers(2**63, size=len(self.markets)).tolist()
        self.learners = {
            market: QLearning(grid * BP, 1, rate, decay=decay, seed=seed)
            for market, seed in zip(self.markets, seeds, strict=True)
        }
        self.chosen: dict[int, float] = {}
        self._waiting: set[int] = set()  # markets whose quote is on its way
        self._began: dict[int, Carried] = {}

    def act(self, seen: Observation, desk: Desk) -> None:
        """Begin periods whose quote stands, learn from those that are over, and quote anew."""
        if not self.markets:
            self.wake_at = np.inf  # a maker changes hands at the founding alone
            return
        for market in self.markets:
            if int(seen.perpetuals["rollup"][market]) in seen.rollups and market not in self._waiting:
                self._review(seen, desk, market)

    def _review(self, seen: Observation, desk: Desk, market: int) -> None:
        standing = float(seen.perpetuals["spread"][market])
        if market not in self.chosen:
            self.chosen[market] = self.learners[market].choose()
        elif standing == self.chosen[market]:
            now, began = self._look(seen, market), self._began.get(market)
            if began is None:
                self._began[market] = now
                return
            if now.time < began.time + self.review_s:
                return
            self.learners[market].learn(began.earned_by(now) * 3600.0 / (now.time - began.time))
            self.chosen[market] = self.learners[market].choose()
            del self._began[market]
        if standing == self.chosen[market]:
            self._began[market] = self._look(seen, market)
        else:
            self._waiting.add(market)
            desk.quote(market, self.chosen[market], tip=self.tip_usd)

    @staticmethod
    def _look(seen: Observation, market: int) -> Carried:
        terms = seen.perpetuals[market]
        held = seen.contracts[int(terms["maker"])]
        price = float(seen.feeds["price"][int(terms["feed"])])
        cash, size, funded = (float(held[name]) for name in ("cash", "quantity", "funded"))
        return Carried(cash, size, funded, price, float(terms["funding"]), seen.time)

    def learn(self, receipts: np.ndarray) -> None:
        """Note which quotes have met their fate: one that was carried out now stands, any other is sent again."""
        self._waiting.difference_update(receipts["venue"][receipts["kind"] == Kind.PERPETUAL_QUOTE].tolist())
