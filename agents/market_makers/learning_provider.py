"""A provider of liquidity that learns by exponential weights in which pool to be, or that it had better be in none."""

from __future__ import annotations

import numpy as np

from agents.learning import Hedge
from agents.market_makers.reallocator import Reallocator
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat

BP = 1e4


class LearningProvider(Reallocator):
    """Hedge over pools and staying out: public reserves tell what a unit of value would have earned in any of them.

    Fees and loss-versus-rebalancing of each pool since the last look are the payoffs; staying out earns nothing.

    Parameters
    ----------
    review_s
        time between two looks [s]
    share
        share of what is to be moved that is moved at one look [1]
    rate
        learning rate, per bp of value earned in a period [1/bp]
    """

    def __init__(self, seat: Seat, review_s: float = 120.0, share: float = 0.5, rate: float = 2.0) -> None:
        super().__init__(seat, review_s=review_s, share=share, memory=1.0)
        if not rate > 0.0:
            raise ValueError(f"rate must be positive, not {rate}")
        self._pools = len(seat.public.pools)
        seed = int(self.rng_own.integers(2**63))
        self.learner = Hedge(np.arange(-1.0, self._pools), rate, anytime=True, seed=seed)
        self.target = int(self.learner.choose())

    def _review(self, seen: Observation) -> None:
        """Learn from what every pool paid since the last look, and choose where to be next."""
        first = self._last is None
        super()._review(seen)
        if not first:
            earned = np.concatenate([[0.0], self.net_return * self.review_s * BP])
            self.learner.learn(float(earned[self.target + 1]), earned)
        self.target = int(self.learner.choose())

    def _move(self, seen: Observation, desk: Desk, mine: list[int]) -> None:
        """Withdraw from all pools but the chosen one, provide there."""
        for pool in mine:
            owned = float(seen.provisions["shares"][self._provider, pool])
            if pool != self.target and owned > 0.0:
                desk.remove_liquidity(pool, owned * self.share)
        if self.target in mine:
            self._provide(seen, desk, self.target)
