"""A searcher that learns which share of a bundle's profit to offer as tip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.learning import Exp3
from agents.traders.searcher import Searcher
from market.desk import Desk
from market.intents import Status
from market.model import SequencerMarket
from market.observation import Observation

FILLED = int(Status.FILLED)
TIPS = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97)
"""Shares of a bundle's profit that may be offered [1]."""


class LearningSearcher(Searcher):
    """Exp3 over tips: one tip until the fate of the bundles sent with it is known, then the next.

    Parameters
    ----------
    tips
        the grid: shares of the expected profit offered as tip [1]
    rate
        learning rate, per share of a bundle's profit kept [1]
    explore
        share of choices in which it tries any tip [1]
    sandwich
        whether it front-runs, or back-runs only
    """

    def __init__(
        self,
        model: SequencerMarket,
        account: int,
        tips: Sequence[float] = TIPS,
        rate: float = 0.05,
        explore: float = 0.1,
        sandwich: bool = True,
    ) -> None:
        grid = np.array(tips, dtype=float)
        if not (grid.size and (grid > 0.0).all() and (grid < 1.0).all()):
            raise ValueError(f"tips must lie in (0, 1), not {tips!r}")
        if not (rate > 0.0 and 0.0 < explore <= 1.0):
            raise ValueError(f"rate must be positive and explore lie in (0, 1], not {rate} and {explore}")
        super().__init__(model, account, tip_share=float(grid[0]), sandwich=sandwich)
        self.learner = Exp3(grid, rate, explore, seed=int(self.rng_own.integers(2**63)))
        self.tip_share = self.learner.choose()
        self._since = 0.0

    def act(self, seen: Observation, desk: Desk) -> None:
        """Send a bundle for every readable swap that pays, all with the present tip."""
        self._now = seen.time
        super().act(seen, desk)

    def learn(self, receipts: np.ndarray) -> None:
        """Keep the rest of the profit if included, nothing if not; then choose the next tip."""
        fate = receipts[(receipts["tip"] > 0.0) & (receipts["sent"] >= self._since)]
        if fate.size:
            self.learner.learn((1.0 - self.tip_share) * float((fate["status"] == FILLED).mean()))
            self.tip_share = self.learner.choose()
            # bundles sent before the choice say nothing about it
            self._since = self._now + 1e-9
