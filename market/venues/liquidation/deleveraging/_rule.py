"""What the rules of auto-deleveraging share: what they look at, and sharing out by size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float64, from_dtype, int64, njit

from market import discovery
from market.kernel.interpreted import row_type
from market.settings import Settings

OTHER = row_type(
    [
        ("row", np.int64), ("held", np.float64), ("won", np.float64), ("rank", np.float64), ("taken", np.float64),
        ("turn", np.int64),
    ]
)  # fmt: skip
"""A position on the other side: its row in its venue's table; its size, above 0, in whole steps; what it has won since
it was opened, 0 if it has lost [USD]; its rank in a queue, the highest first. A rule writes how much of it is closed,
in whole steps, and into the k-th row which of them is the k-th to be closed."""
OTHERS = from_dtype(OTHER)[::1]
"""Rows of `OTHER` to the compiler. What allocates states its signature: see `market.kernel.compiled`."""
ALLOT = int64(OTHERS, float64, float64, float64, float64)
"""Signature of every rule's `allot`."""


class Rule(Settings):
    """Base of every rule; each states its `kind` as a literal, the name of its file."""

    @property
    def cap(self) -> float:
        """Largest loss over what a position has won, for a rule that caps it [1]."""
        return 1.0

    @property
    def number(self) -> int:
        """The number by which compiled code knows the rule."""
        return discovery.modules(__name__.rpartition(".")[0]).index(self.__module__.rpartition(".")[2])


@njit(float64[::1](OTHERS), cache=True)
def left(others: Any) -> np.ndarray:
    """What is not closed of each position: shape (n,)."""
    found = np.empty(others.size)
    for at in range(others.size):
        found[at] = others[at].held - others[at].taken
    return found


@njit(float64(OTHERS, float64[::1], float64[::1], float64, float64), cache=True)
def spread(others: Any, room: np.ndarray, size: np.ndarray, needed: float, step: float) -> float:
    """Close the same part of every size, but no more of a position than there is room; return what is left to close.

    Who has less room than the common part is closed as far as that goes, which raises the part of the others.
    Everything is in whole steps, and each part is rounded to the nearest of what is left, so that nothing is lost.

    Parameters
    ----------
    others
        rows of `OTHER`; what is closed is added to `taken`
    room, size
        shape (n,): most that may be closed of each, no more than its size; and what parts are reckoned of
    needed
        to be closed altogether
    step
        smallest size
    """
    weight, fixed = size.sum(), size <= 0.0
    settled = False
    while not settled:
        settled = True
        for at in range(others.size):
            if not fixed[at] and room[at] * weight < needed * size[at]:
                fixed[at], settled = True, False
                others[at].taken += room[at]
                needed -= room[at]
                weight -= size[at]
    for at in range(others.size):
        if not fixed[at]:
            taken = min(np.rint(needed * size[at] / weight / step) * step, room[at])
            others[at].taken += taken
            needed -= taken
            weight -= size[at]
    return needed


@njit(int64(OTHERS), cache=True)
def in_turn(others: Any) -> int:
    """Let everybody of whom something is closed take the turn of its row; return how many there are."""
    count = 0
    for at in range(others.size):
        if others[at].taken > 0.0:
            others[count].turn = at
            count += 1
    return count
