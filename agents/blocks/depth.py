"""Arbitrage of a pool against an outside market of finite depth: the best size where both prices give way.

What is had of the pool sells outside at a falling price, so the profit is concave in the size; its derivative is the
product of the pool's marginal rate and the outside market's, and the best size is where that product is 1.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.venues.outside.rules import output
from market.venues.pools.rules import output as pool_output
from market.venues.pools.seen import Ticks, has_tick, passed, quote
from market.venues.pools.view import Pools

HALVINGS = 60
"""Of the interval that holds the best size: to the last bit of a double."""


@njit(cache=True)
def _marginal(
    out: float, rate: float, fee: float, source: int, sink: int, prices: np.ndarray, depth: float, shift: np.ndarray
) -> float:  # fmt: skip
    """What another unit into the pool brings back at last, in the asset given; `rate`: what it brings in the pool."""
    rate, money = rate * prices[sink], out * prices[sink]
    if sink != 0:
        rate *= np.exp(shift[sink] - money / depth)
        money = depth * np.exp(shift[sink]) * -np.expm1(-money / depth)
    if source != 0:
        rate *= np.exp(-shift[source]) / (1.0 + money * np.exp(-shift[source]) / depth)
    return rate / prices[source] * (1.0 - fee)


@njit(cache=True)
def _in_pool(pools: Pools, ticks: Ticks, pool: int, side: int, amount: float) -> tuple[float, float]:
    """Output of an input into a pool, and what another unit brings."""
    r_in, r_out, phi = pools[pool].reserve[side], pools[pool].reserve[1 - side], 1.0 - pools[pool].fee
    if has_tick(pools, pool, side):
        out, v_in, v_out, _, _, _ = passed(pools, ticks, pool, side, phi * amount)
        return out, phi * v_out / v_in
    return r_out * phi * amount / (r_in + phi * amount), phi * r_in * r_out / (r_in + phi * amount) ** 2


@njit(cache=True)
def against_depth(
    pools: Pools, ticks: Ticks, pool: int, side: int, fee: float, prices: np.ndarray, depth: float, shift: np.ndarray
) -> tuple[float, float, float]:  # fmt: skip
    """Best input into a pool whose output is sold outside.

    Parameters
    ----------
    pools, ticks, pool
        pools and ticks as observed, and which pool
    side
        which of its assets is given: 0 or 1
    fee
        of the outside market [1]
    prices, shift
        reference prices [USD], and logs of the outside market's over them: shape (assets,)
    depth
        of the outside market: value that moves a log price by 1 [USD]

    Returns
    -------
    input, output, profit in the input asset; zeros when none pays
    """
    source, sink = int(pools[pool].asset[side]), int(pools[pool].asset[1 - side])
    out, rate = _in_pool(pools, ticks, pool, side, 0.0)
    if not _marginal(out, rate, fee, source, sink, prices, depth, shift) > 1.0:
        return 0.0, 0.0, 0.0
    low, high = 0.0, pools[pool].reserve[side]
    while True:
        out, rate = _in_pool(pools, ticks, pool, side, high)
        if not _marginal(out, rate, fee, source, sink, prices, depth, shift) > 1.0:
            break
        low, high = high, 2.0 * high
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        out, rate = _in_pool(pools, ticks, pool, side, middle)
        if _marginal(out, rate, fee, source, sink, prices, depth, shift) > 1.0:
            low = middle
        else:
            high = middle
    if has_tick(pools, pool, side):
        out = quote(pools, ticks, pool, source, low)
    else:  # 1 less what is left of an input, which in rounding is not quite the fee
        phi = 1.0 - pools[pool].fee
        out = pool_output(pools[pool].reserve[side], pools[pool].reserve[1 - side], 1.0 - phi, low)
    back = output(out, sink, source, prices[sink], prices[source], depth, shift[sink], shift[source]) * (1.0 - fee)
    return low, out, back - low
