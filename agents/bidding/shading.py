"""What bidders share who learn how much less than its value to bid for something.

A shade is a margin out of a grid, chosen anew for every auction; what the auction then earned, as a share of the value,
is what the learner is told. So blocks worth cents and blocks worth thousands teach alike; where a bidder wants to treat
them differently, it keeps them apart by size.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from agents.learning import Learner

MARGINS = (0.0, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5, 0.75)
"""Shares of the value that may be kept: fine where bidders compete, coarse where they collude [1]."""
PRICE_EDGES = (0.3, 0.8)
"""With monitoring, a winning bid is remembered as low, middling or high: where one ends and the next begins [1]."""


class Shading:
    """Margins chosen by a learner; the state it sees is the size of what is sold and, if it monitors, the last price.

    Parameters
    ----------
    make
        builds the learner from the grid of margins and the number of states
    margins
        the grid: shares of the value kept [1]
    edges_usd
        values from which on something counts as larger, and is learned apart [USD]
    monitoring
        whether the highest bid of the last auction, as a share of the own value of it, is part of the state
    """

    def __init__(
        self,
        make: Callable[[np.ndarray, int], Learner],
        margins: Sequence[float],
        edges_usd: Sequence[float] = (),
        monitoring: bool = False,
    ) -> None:
        grid = np.array(margins, dtype=float)
        if grid.ndim != 1 or grid.size == 0 or not ((grid >= 0.0) & (grid <= 1.0)).all():
            raise ValueError(f"margins must be numbers in [0, 1], not {margins!r}")
        self._edges = sorted(float(edge) for edge in edges_usd)
        self._sizes = len(self._edges) + 1
        self._prices = len(PRICE_EDGES) + 1 if monitoring else 1
        self.learner = make(grid, self._sizes * self._prices)
        self._price = 0
        self._value = 0.0
        self._untaught: float | None = None

    def margin(self, value: float) -> float:
        """Choose a margin for something worth `value` > 0 [USD]."""
        state = bisect_right(self._edges, value) * self._prices + self._price
        if self._untaught is not None:
            # an auction teaches once the next state is known: what patience values is where one ends up
            self.learner.learn(self._untaught, next_state=state)
            self._untaught = None
        self._value = value
        return self.learner.choose(state)

    def heard(self, won: bool, paid: float, highest: float) -> None:
        """Hear how the auction ended that the last margin was chosen for [USD]."""
        if self._value <= 0.0:
            return
        earned = (self._value if won else 0.0) - paid
        if self._prices > 1:
            self._price = bisect_right(PRICE_EDGES, highest / self._value)
        self._untaught = earned / self._value
        self._value = 0.0

    def policies(self, kept: float = 0.0) -> list[list[float]]:
        """Probabilities of the margins in every state, those below `kept` left out: by size, and by price in a size."""
        rows = []
        for state in range(self._sizes * self._prices):
            policy = self.learner.policy(state)
            likely = np.where(policy >= kept, policy, 0.0)
            policy = likely if likely.any() else policy
            rows.append((policy / policy.sum()).tolist())
        return rows

    def frozen(self, kept: float = 0.0) -> dict[str, Any]:
        """Parameters of the strategy `mixed_margin` that plays what was learned, and learns no more.

        What was learned is a policy for every state: one that remembers prices goes on answering them.
        """
        return {
            "margins": self.learner.actions.tolist(),
            "weights": self.policies(kept),
            "edges_usd": list(self._edges),
            "monitoring": self._prices > 1,
        }
