"""A liquidator that learns how much to bid for being first, and whether to be faster is worth its rent."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from agents.funds import Funds
from agents.learning import QLearning
from agents.liquidators._slack import EXACT
from agents.liquidators.greedy import Greedy
from agents.means.speed import SPEEDS, Line
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat

TIPS = (0.0, 0.1, 0.3, 0.6, 0.9)


class LearningLiquidator(Greedy):
    """Q-learning over pairs of a tip and a speed, from what its own funds say about each period.

    A speed of s divides its latency by s and costs rent in proportion to s - 1, paid to the outside as time passes.

    Parameters
    ----------
    sell
        "pool" or "outside", where it sells what it seizes
    tips
        shares of the expected profit that may be offered as tip [1]
    speeds
        factors by which latency may be cut, each at least 1 [1]
    rent_usd_per_hour
        rent of each unit of speed beyond the first [USD/h]
    review_s
        length of a period: one pair, one lesson [s]
    rate, decay
        learning rate in (0, 1]; it explores in period t with probability exp(-decay t) [1, 1 / period]
    most_per_slot
        positions attempted per rollup and slot
    slack
        share by which the limit on what it seizes may slip, as for `greedy` [1]
    """

    def __init__(
        self,
        seat: Seat,
        sell: str = "outside",
        tips: Sequence[float] = TIPS,
        speeds: Sequence[float] = SPEEDS,
        rent_usd_per_hour: float = 5.0,
        review_s: float = 30.0,
        rate: float = 0.2,
        decay: float = 0.02,
        most_per_slot: int = 8,
        slack: float | None = EXACT,
    ) -> None:
        self._pairs = list(product(tips, speeds))
        if not self._pairs or not all(0.0 <= tip < 1.0 for tip in tips):
            raise ValueError("tips must lie in [0, 1), and there must be tips and speeds")
        if not (review_s > 0.0 and 0.0 < rate <= 1.0 and decay >= 0.0):
            raise ValueError("decay must not be negative, review_s positive, rate in (0, 1]")
        super().__init__(seat, sell=sell, tip_share=tips[0], most_per_slot=most_per_slot, slack=slack)
        seed = int(self.rng_own.integers(2**63))
        self.learner = QLearning(np.arange(float(len(self._pairs))), 1, rate, decay=decay, seed=seed)
        self.review_s = review_s
        self.line = Line(seat, self, speeds, rent_usd_per_hour)
        self._funds = Funds()
        self._until = 0.0
        self.speed = 1.0

    def act(self, seen: Observation, desk: Desk) -> None:
        """Review at the end of a period; liquidate."""
        if seen.time >= self._until:
            self._review(seen, desk)
        super().act(seen, desk)

    def _review(self, seen: Observation, desk: Desk) -> None:
        gained = self._funds.close(seen)
        if gained is not None:
            self.learner.learn(gained)
        self.tip_share, speed = self._pairs[int(self.learner.choose())]
        self.speed = self.line.rent(seen, desk, speed, self.review_s)
        self._until = seen.time + self.review_s

    def learn(self, receipts: np.ndarray) -> None:
        """Take no lesson on tips from single receipts: the tip stays for the period."""
        self.slack.learn(receipts)
