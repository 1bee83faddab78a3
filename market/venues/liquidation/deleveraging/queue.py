"""The queue: whoever ranks highest is closed first, and in full, until the size is covered.

The rank is profit over entry value times leverage, as venues publish it. No more positions are touched than it takes:
together they exceed the size by less than the last of them.
Source: T. Chitra (2025), Autodeleveraging: impossibilities and optimization, arXiv 2512.01112, for the queue among
other rules; here in contracts, as venues carry it out.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numba import njit

from market.venues.liquidation.deleveraging._rule import ALLOT, Rule


class Queue(Rule):
    """Highest rank first."""

    kind: Literal["queue"] = "queue"


@njit(ALLOT, cache=True)
def allot(others: Any, needed: float, gap: float, cap: float, step: float) -> int:
    """Close from the head of the queue; return how many positions are closed, in part or in full."""
    count = 0
    while needed > 0.0:
        best, highest = -1, -np.inf
        for at in range(others.size):
            if others[at].taken == 0.0 and others[at].rank > highest:
                best, highest = at, others[at].rank
        if best < 0:
            return count
        others[best].taken = min(needed, others[best].held)
        needed -= others[best].taken
        others[count].turn = best
        count += 1
    return count
