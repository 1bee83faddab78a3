"""The price at which buyers, sellers and a pool clear.

With a constant-product pool of reserves (x, y), fee f and phi = 1 - f, buyers who give B of the second asset and
sellers who give S of the first clear at the price p (second per first) at which the pool, for what is left on one
side, trades along its curve at p on average, fee included:

- left on the buyers' side, d = B - S p >= 0: the pool returns x phi d / (y + phi d) = d / p, so p = (y + phi B) /
  (phi (x + S));
- left on the sellers' side: likewise p = phi (y + B) / (x + phi S);
- between the two the sides match, p = B / S, and the pool does not trade.

A concentrated pool has no such closed form where ticks lie on the way, and p is searched for: what the pool asks on
average rises with d, and d falls with p. Derived from the pool rule.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.state.store import State, get, index
from market.venues.pools.curve import concentrated, quoted, reserve
from market.venues.pools.tables import Pool

STEPS = 128
"""Halvings of the bracket of the price: more than a double has bits."""


@njit(cache=True)
def price_of(x: float, y: float, fee: float, bought: float, sold: float) -> float:
    """Clearing price [second asset per first] of the inputs B = `bought` (second asset) and S = `sold` (first)."""
    phi = 1.0 - fee
    high = (y + phi * bought) / (phi * (x + sold))
    if bought >= sold * high:
        return high
    low = phi * (y + bought) / (x + phi * sold)
    if bought <= sold * low:
        return low
    return bought / sold


@njit(cache=True)
def clearing_price(state: State, pool: int, bought: float, sold: float) -> float:
    """Clearing price of the inputs on a pool, over its ticks where it has some."""
    first, second = index(state, Pool.asset, pool), index(state, Pool.asset + 1, pool)
    x, y, fee = reserve(state, pool, first), reserve(state, pool, second), get(state, Pool.fee, pool)
    if not concentrated(state, pool):
        return price_of(x, y, fee, bought, sold)
    low, high = (1.0 - fee) * y / x, y / x / (1.0 - fee)
    if bought == sold == 0.0:
        return high
    up = bought > sold * high
    if up:
        low, high = high, bought / quoted(state, pool, second, bought)
    elif bought < sold * low:
        low, high = quoted(state, pool, first, sold) / sold, low
    else:
        return bought / sold
    for _ in range(STEPS):
        middle = np.sqrt(low * high)
        if not low < middle < high:
            break
        left = bought - sold * middle
        if left > 0.0:
            asked = left / quoted(state, pool, second, left)
        else:
            asked = quoted(state, pool, first, -left / middle) / (-left / middle) if left < 0.0 else middle
        if asked > middle:
            low = middle
        else:
            high = middle
    return high if up else low  # of the two, what does not ask the pool for more than it has
