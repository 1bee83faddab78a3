"""A searcher that learns which share of a bundle's profit to offer as tip, and whether speed is worth its rent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.funds import Funds
from agents.learning import Exp3, QLearning
from agents.means.speed import Line
from agents.traders.searcher import Searcher
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Status

TIPS = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97)
"""Shares of a bundle's profit that may be offered [1]."""


class LearningSearcher(Searcher):
    """Exp3 over tips: one tip until the fate of the bundles sent with it is known, then the next.

    Where it may choose among speeds, Q-learning over them, from what its own funds say about each period.

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
    speeds
        factors by which latency may be cut, each at least 1 [1]; a single one of 1 is its own latency, and no choice
    rent_usd_per_hour
        rent of each unit of speed beyond the first [USD/h]
    review_s
        length of a period: one speed, one lesson [s]
    speed_rate, speed_decay
        learning rate of speeds in (0, 1]; it explores in period t with probability exp(-decay t) [1, 1 / period]
    """

    def __init__(
        self,
        seat: Seat,
        tips: Sequence[float] = TIPS,
        rate: float = 0.05,
        explore: float = 0.1,
        sandwich: bool = True,
        speeds: Sequence[float] = (1.0,),
        rent_usd_per_hour: float = 5.0,
        review_s: float = 30.0,
        speed_rate: float = 0.2,
        speed_decay: float = 0.02,
    ) -> None:
        grid = np.array(tips, dtype=float)
        if not (grid.size and (grid > 0.0).all() and (grid < 1.0).all()):
            raise ValueError(f"tips must lie in (0, 1), not {tips!r}")
        if not (rate > 0.0 and 0.0 < explore <= 1.0):
            raise ValueError(f"rate must be positive and explore lie in (0, 1], not {rate} and {explore}")
        super().__init__(seat, tip_share=float(grid[0]), sandwich=sandwich)
        self.learner = Exp3(grid, rate, explore, seed=int(self.rng_own.integers(2**63)))
        self._choose()
        self._since = 0.0
        if not (review_s > 0.0 and 0.0 < speed_rate <= 1.0 and speed_decay >= 0.0):
            raise ValueError("speed_decay must not be negative, review_s positive, speed_rate in (0, 1]")
        self.line = Line(seat, self, speeds, rent_usd_per_hour)
        self.review_s, self.speed = review_s, 1.0
        self._funds = Funds()
        self._until = 0.0
        self.speeds: QLearning | None = None
        if tuple(speeds) != (1.0,):
            seed = int(self.rng_own.integers(2**63))
            self.speeds = QLearning(np.array(speeds, float), 1, speed_rate, decay=speed_decay, seed=seed)

    def act(self, seen: Observation, desk: Desk) -> None:
        """Choose a speed at the end of a period; send a bundle for every readable swap that pays, with one tip."""
        self._now = seen.time
        if self.speeds is not None and seen.reads_pending and seen.time >= self._until:
            gained = self._funds.close(seen)
            if gained is not None:
                self.speeds.learn(gained)
            self.speed = self.line.rent(seen, desk, self.speeds.choose(), self.review_s)
            self._until = seen.time + self.review_s
        super().act(seen, desk)

    def learn(self, receipts: np.ndarray) -> None:
        """Keep the rest of the profit if included, nothing if not; then choose the next tip."""
        fate = receipts[(receipts["tip"] > 0.0) & (receipts["sent"] >= self._since)]
        if fate.size:
            self.learner.learn((1.0 - self.tip_share) * float((fate["status"] == Status.FILLED).mean()))
            self._choose()
            # bundles sent before the choice say nothing about it
            self._since = self._now + 1e-9

    def _choose(self) -> None:
        """Choose the share that is bid from now on."""
        self.tip_share = self.tips.share = self.learner.choose()
