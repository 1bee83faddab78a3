"""Which of several bundles that want the same comes first in a block: whose tips are higher.

A bundle that begins on the same pool, or with the same position, as another takes what that one wants. Whoever orders
keeps the tips of what is filled, and so lets the highest bidder go first among rivals. Single intents keep their
places.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from agents.blocks.foresight import end_of_unit
from market.intents.rows import Row, Rows
from market.kernel.compiled import kernel


@kernel
def _rivals(first: Row, second: Row) -> bool:
    """Whether two bundles, known by their first rows, begin with the same."""
    same = first.kind == second.kind and first.rollup == second.rollup
    return same and first.venue == second.venue and first.target == second.target


@njit(cache=True)
def by_tip_among_rivals(due: Rows, order: np.ndarray) -> np.ndarray:
    """Order of pending intents in which rival bundles have changed places by falling tips, equal ones as they stood.

    Parameters
    ----------
    due
        shape (n,): pending intents
    order
        shape (n,): places in `due`, members of a bundle next to each other
    """
    starts, ends, offers = np.empty(order.size, np.int64), np.empty(order.size, np.int64), np.zeros(order.size)
    units, tipped = 0, 0
    at: Any = np.int64(0)
    while at < order.size:
        starts[units], ends[units] = at, end_of_unit(due, order, at)
        row = due[order[at]]
        if row.bundle >= 0 and row.around < 0:
            for k in range(at, ends[units]):
                offers[units] += due[order[k]].tip
            tipped += offers[units] > 0.0
        at = ends[units]
        units += 1
    if tipped == 0:
        return order
    ranked = np.arange(units)
    for i in range(1, units):
        # insertion sort among the places of rivals: each moves ahead of those that offer less
        mine = i
        for j in range(i - 1, -1, -1):
            if offers[ranked[mine]] <= 0.0:
                break
            before, own = due[order[starts[ranked[j]]]], due[order[starts[ranked[mine]]]]
            if before.bundle < 0 or before.around >= 0 or not _rivals(before, own):
                continue
            if offers[ranked[j]] >= offers[ranked[mine]]:
                break
            ranked[j], ranked[mine] = ranked[mine], ranked[j]
            mine = j
    sorted_order, filled = np.empty_like(order), 0
    for i in range(units):
        for k in range(starts[ranked[i]], ends[ranked[i]]):
            sorted_order[filled] = order[k]
            filled += 1
    return sorted_order
