"""A builder that draws its margin from given probabilities and never learns: what a learner's policy is frozen into."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from agents.bidding.shading import PRICE_EDGES
from agents.builders.base import Builder
from market.access.seat import Seat


class MixedMargin(Builder):
    """A mixed strategy over margins, by size of the block.

    Parameters
    ----------
    margins
        shares of the value kept [1]
    weights
        probability of each margin, one row for each size of block, with monitoring one for each last price in each
        size; all equal by default [1]
    edges_usd
        values from which on a block counts as larger: one less than there are rows [USD]
    monitoring
        whether it goes by the highest bid of the last auction, as a share of its own value of it
    sandwich
        whether it front-runs users
    """

    def __init__(
        self,
        seat: Seat,
        margins: Sequence[float] = (0.02,),
        weights: Sequence[Sequence[float]] = (),
        edges_usd: Sequence[float] = (),
        monitoring: bool = False,
        sandwich: bool = True,
    ) -> None:
        super().__init__(seat, sandwich=sandwich)
        self._margins = np.array(margins, dtype=float)
        self._levels = len(PRICE_EDGES) + 1 if monitoring else 1
        states = (len(edges_usd) + 1) * self._levels
        rows = np.array(weights if len(weights) else [[1.0] * len(margins)] * states, dtype=float)
        if rows.shape != (states, self._margins.size) or (rows < 0.0).any() or not rows.any(axis=1).all():
            raise ValueError("weights must have a row of probabilities of the margins for each size of block and price")
        if not ((self._margins >= 0.0) & (self._margins <= 1.0)).all():
            raise ValueError(f"margins must lie in [0, 1], not {margins!r}")
        self._edges = [float(edge) for edge in edges_usd]
        self._price, self._value = 0, 0.0
        self._cumulated = np.cumsum(rows / rows.sum(axis=1, keepdims=True), axis=1)

    def bid(self, value: float) -> float:
        """Value less a margin drawn afresh."""
        # one draw for every auction, so that two runs of a seed differ by the margins alone
        u = self.rng_own.random()
        self._value = value
        row = self._cumulated[bisect_right(self._edges, value) * self._levels + self._price]
        margin = self._margins[min(int(np.searchsorted(row, u, side="right")), row.size - 1)]
        return max(0.0, value * (1.0 - float(margin)))

    def heard(self, won: bool, paid: float, highest: float) -> None:
        """Remember the price, if it monitors."""
        if self._levels > 1 and self._value > 0.0:
            self._price = bisect_right(PRICE_EDGES, highest / self._value)
