"""Highest tip first; equal tips by arrival."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numba import njit

from market.access.protocols import Arrangement
from market.intents.rows import Rows
from market.sequencing.ordering.base import Ordering, first_come_order, untouched


@njit(cache=True)
def tip_order(rows: Rows, ties: np.ndarray) -> np.ndarray:
    """Indices by falling tip, then arrival; a bundle offers the sum of its members' tips and stays together."""
    order = first_come_order(rows, ties)
    offer = np.zeros(rows.size)
    start = 0
    for k in range(rows.size):
        if not (k > 0 and rows[k].bundle >= 0 and rows[k].bundle == rows[k - 1].bundle):
            start = k
        offer[start] += rows[k].tip
        offer[k] = offer[start]
    for k in range(rows.size - 2, -1, -1):
        if rows[k].bundle >= 0 and rows[k].bundle == rows[k + 1].bundle:
            offer[k] = offer[k + 1]
    return order[np.argsort(-offer[order], kind="mergesort")]


class PriorityFee(Ordering):
    """Tip order, enforced by the regime."""

    kind: Literal["priority_fee"] = "priority_fee"
    only_orders: ClassVar[bool] = True
    heeds_tips: ClassVar[bool] = True

    def arrange(self, slot) -> tuple[Arrangement | None, Any]:
        """Order by tip."""
        return untouched(tip_order(slot.due, slot.rng.random(slot.due.size))), None
