"""Which positions can be liquidated: found by what moved near its threshold, not by looking at all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from market.state import L_KEY_BOUND, L_ROLLUP, LENDING, Book, cell, get, index, length
from market.venues.lending import in_grace, liquidation_line, position_key
from market.venues.thresholds import NEAR, bucket_of, first, following, in_order, keep, top


@njit(cache=True)
def calm(book: Book, level: float) -> bool:
    """Whether the bounds on keys already say that no position has health below `level`."""
    for market in range(length(book, LENDING)):
        if get(book, LENDING, market, L_KEY_BOUND) * level > liquidation_line(book, market):
            return False
    return True


@njit(cache=True)
def _between(book: Book, market: int, line: float, most: float, found: np.ndarray, count: int) -> int:
    """Add to `found`, which holds `count`, the positions of a market with keys above `line`, up to `most`."""
    lowest = bucket_of(book, market, line * (1.0 - NEAR))
    bucket = top(book, market, lowest)
    if most < np.inf:
        bucket = min(bucket, bucket_of(book, market, most * (1.0 + NEAR)))
    while bucket >= lowest:
        at = first(book, market, bucket)
        while at >= 0:
            if line < position_key(book, at) <= most:
                count = keep(found, count, at)
            at = following(book, at)
        bucket -= 1
    return count


@njit(cache=True)
def fallen(book: Book, market: int, line: float, most: float, found: np.ndarray) -> int:
    """List the positions of a market with keys above `line`, up to `most`, and return how many."""
    count: Any = np.int64(0)
    count = _between(book, market, line, most, found, count)
    in_order(found, count)
    return count


@njit(cache=True)
def _tighten(book: Book, market: int) -> None:
    """Set a market's bound to its largest finite key."""
    bucket, bound = top(book, market, 0), 0.0
    at = first(book, market, bucket) if bucket >= 0 else -1
    while at >= 0:
        bound = max(bound, position_key(book, at))
        at = following(book, at)
    book.cells[cell(book, LENDING, market, L_KEY_BOUND)] = bound


@njit(cache=True)
def unhealthy(book: Book, rollup: int, found: np.ndarray) -> int:
    """List the liquidatable positions of a rollup in `found` and return how many: the lowest that `found` holds.

    Costs nothing while a market's bound says that nobody is over its line, and else in proportion to who is.
    """
    if in_grace(book, rollup):
        return 0
    count: Any = np.int64(0)  # a bare 0 would have callees compiled once more for that constant
    for market in range(length(book, LENDING)):
        line = liquidation_line(book, market)
        if index(book, LENDING, market, L_ROLLUP) != rollup or get(book, LENDING, market, L_KEY_BOUND) <= line:
            continue
        count = _between(book, market, line, np.inf, found, count)
        _tighten(book, market)
    in_order(found, count)
    return count
