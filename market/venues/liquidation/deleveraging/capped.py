"""Capped: pro rata, but nobody loses more than a part of what they have won, as long as that suffices.

A position that is closed at a price worse by `gap` loses so much on each unit; it is closed up to the size at which
that is `haircut` of its profit, and the others share what it leaves. Positions that have lost are spared. Only what
the profits of all cannot bear is closed pro rata of what is left of everybody, so that the deficit is always covered.
Source: T. Chitra (2025), Autodeleveraging: impossibilities and optimization, arXiv 2512.01112: haircuts are taken of
what winners have won, and of none more than there is.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numba import njit
from pydantic import Field

from market.venues.liquidation.deleveraging._rule import ALLOT, Rule, in_turn, left, spread


class Capped(Rule):
    """Everybody in proportion to their size, up to a part of their profit."""

    kind: Literal["capped"] = "capped"
    most: float = Field(default=1.0, ge=0, le=1, description="largest loss over what a position has won [1]")

    @property
    def cap(self) -> float:
        """Largest loss over what a position has won [1]."""
        return self.most


@njit(ALLOT, cache=True)
def allot(others: Any, needed: float, gap: float, cap: float, step: float) -> int:
    """Close parts within what has been won, then parts of the rest; return how many positions are closed."""
    room, sizes = left(others), left(others)
    for at in range(others.size):
        bearable = cap * others[at].won
        if room[at] * gap > bearable:
            room[at] = np.floor(bearable / gap / step) * step
    needed = spread(others, room, sizes, needed, step)
    if needed > 0.0:
        rest = left(others)
        spread(others, rest, rest, needed, step)
    return in_turn(others)
