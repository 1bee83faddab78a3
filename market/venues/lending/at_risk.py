"""Which positions can be liquidated: found by what moved near its threshold, not by looking at all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from market.state.store import State, cell, get, index, length
from market.venues.lending.rules import liquidation_line, position_key
from market.venues.lending.tables import LendingMarket
from market.venues.liquidation.grace import in_grace
from market.venues.liquidation.tables import Entry
from market.venues.liquidation.thresholds import NEAR, bucket_of, first, following, in_order, keep, top


@njit(cache=True)
def calm(state: State, level: float) -> bool:
    """Whether the bounds on keys already say that no position has health below `level`."""
    for market in range(length(state, LendingMarket.rollup)):
        if get(state, LendingMarket.key_bound, market) * level > liquidation_line(state, market):
            return False
    return True


@njit(cache=True)
def _between(state: State, market: int, line: float, most: float, found: np.ndarray, count: int) -> int:
    """Add to `found`, which holds `count`, the positions of a market with keys above `line`, up to `most`."""
    group = index(state, LendingMarket.group, market)
    lowest = bucket_of(state, group, line * (1.0 - NEAR))
    bucket = top(state, group, lowest)
    if most < np.inf:
        bucket = min(bucket, bucket_of(state, group, most * (1.0 + NEAR)))
    while bucket >= lowest:
        at = first(state, group, bucket)
        while at >= 0:
            loan = index(state, Entry.row, at)
            if line < position_key(state, loan) <= most:
                count = keep(found, count, loan)
            at = following(state, at)
        bucket -= 1
    return count


@njit(cache=True)
def fallen(state: State, market: int, line: float, most: float, found: np.ndarray) -> int:
    """List the positions of a market with keys above `line`, up to `most`, and return how many."""
    count: Any = np.int64(0)
    count = _between(state, market, line, most, found, count)
    in_order(found, count)
    return count


@njit(cache=True)
def _tighten(state: State, market: int) -> None:
    """Set a market's bound to its largest finite key."""
    group = index(state, LendingMarket.group, market)
    bucket, bound = top(state, group, 0), 0.0
    at = first(state, group, bucket) if bucket >= 0 else -1
    while at >= 0:
        bound = max(bound, position_key(state, index(state, Entry.row, at)))
        at = following(state, at)
    state.cells[cell(state, LendingMarket.key_bound, market)] = bound


@njit(cache=True)
def unhealthy(state: State, rollup: int, found: np.ndarray) -> int:
    """List the liquidatable positions of a rollup in `found` and return how many: the lowest that `found` holds.

    Costs nothing while a market's bound says that nobody is over its line, and else in proportion to who is.
    """
    if in_grace(state, rollup):
        return 0
    count: Any = np.int64(0)  # a bare 0 would have callees compiled once more for that constant
    for market in range(length(state, LendingMarket.rollup)):
        line = liquidation_line(state, market)
        if index(state, LendingMarket.rollup, market) != rollup or get(state, LendingMarket.key_bound, market) <= line:
            continue
        count = _between(state, market, line, np.inf, found, count)
        _tighten(state, market)
    in_order(found, count)
    return count
