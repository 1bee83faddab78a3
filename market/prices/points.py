"""Bars of a series of prices at points in time."""

from __future__ import annotations

import numpy as np

from market.errors import InputError
from market.prices.bars import steps
from market.prices.instants import LONGEST_GAP_S
from market.prices.rows import Table

LENGTHS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 28_800, 43_200, 86_400,
)  # fmt: skip
"""Lengths that bars may be given where points are not evenly spaced [s]."""


def bars_of_points(table: Table, time_s: np.ndarray, price: np.ndarray) -> tuple[list[np.ndarray], float]:
    """Return bars (opening time, open, high, low, close) of prices at rising points in time, and their spacing [s].

    Points that are evenly spaced, but for some that are missing (fewer than half), are the ends of bars: a bar opens at
    a point, which is where the one before closed, and closes at the next. Between two points further apart there is a
    gap.

    Other points fall into bars of the common length next to their median distance. Such a bar opens at the last price
    before it, or at its first where none is near, and a bar without a point is a gap.

    Raises
    ------
    InputError
        fewer than three points, or a gap of more than 12 hours. One line.
    """
    if len(time_s) < 3:
        raise InputError(f"{table.path}: {len(time_s)} prices; allowed: at least three, which make two bars")
    step = steps(time_s)
    lengths, counts = np.unique(step, return_counts=True)
    spacing = float(lengths[np.argmax(counts)])
    stamps = table.columns["timestamp"]
    table.reject(
        np.concatenate([[False], step - spacing > LONGEST_GAP_S]),
        lambda i: f"gap of {(step[i - 1] - spacing) / 3600:.1f} h before {stamps[i]}",
        f"gaps of at most {LONGEST_GAP_S / 3600:g} h",
    )
    if 2 * counts.max() < len(step) or np.remainder(np.round(step / spacing, 9), 1.0).any():
        return _collected(table, time_s, price, float(np.median(step)))
    table.repairs.append("points, not bars: every bar opens where the one before closed")
    here = np.flatnonzero(step == spacing)
    opens, closes = price[here], price[here + 1]
    return [time_s[here].copy(), opens, np.maximum(opens, closes), np.minimum(opens, closes), closes], spacing


def _collected(table: Table, time_s: np.ndarray, price: np.ndarray, typical_s: float) -> tuple[list[np.ndarray], float]:
    """Return bars of a common length that collect points at uneven distances."""
    spacing = float(min(LENGTHS_S, key=lambda length: abs(np.log(length / typical_s))))
    number = np.floor(time_s / spacing)
    first = np.flatnonzero(np.diff(number, prepend=-np.inf))
    last = np.append(first[1:], len(time_s)) - 1
    if len(first) < 2:
        raise InputError(f"{table.path}: points within {spacing:g} s; allowed: points over two bars at least")
    opens = price[first].copy()
    joined = np.flatnonzero(np.diff(number[first]) == 1.0) + 1
    opens[joined] = price[last[joined - 1]]
    high = np.maximum(np.maximum.reduceat(price, first), opens)
    low = np.minimum(np.minimum.reduceat(price, first), opens)
    table.repairs.append(
        f"points at uneven distances, not bars: collected into bars of {spacing:g} s, which open where the one before "
        "closed"
    )
    return [number[first] * spacing, opens, high, low, price[last].copy()], spacing
