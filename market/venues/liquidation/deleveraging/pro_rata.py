"""Pro rata: the same part of every position of the other side is closed, to the nearest step.

Source: the contract-wise form of the rule that T. Chitra (2025), Autodeleveraging: impossibilities and optimization,
arXiv 2512.01112, compares with the queue: everybody loses in proportion to what they hold.
"""

from __future__ import annotations

from typing import Any, Literal

from numba import njit

from market.venues.liquidation.deleveraging._rule import ALLOT, Rule, in_turn, left, spread


class ProRata(Rule):
    """Everybody in proportion to their size."""

    kind: Literal["pro_rata"] = "pro_rata"


@njit(ALLOT, cache=True)
def allot(others: Any, needed: float, gap: float, cap: float, step: float) -> int:
    """Close the same part of every position; return how many positions are closed, in part or in full."""
    sizes = left(others)
    spread(others, sizes, sizes, needed, step)
    return in_turn(others)
