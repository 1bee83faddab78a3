"""Best sizes on concentrated pools, where closed forms hold up to the next tick only.

Between two ticks a pool is a constant product of its virtual reserves, and its marginal price never jumps: the best
trade against a price fills stretch after stretch as long as the best size of the stretch exceeds it. Where several
pools or markets give way at once, the marginal rate of the whole falls with size, and the best size is where it is 1.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.venues.pools.seen import Ticks, advance, behind, passed, stretch
from market.venues.pools.view import Pools

HALVINGS = 60
"""Of the interval that holds the best size: to the last bit of a double."""
GOLDEN = 0.6180339887498949


@njit(cache=True)
def against_price(pools: Pools, ticks: Ticks, pool: int, side: int, rate: float) -> tuple[float, float, float]:
    """Best input into a pool whose output is sold at `rate` (input asset per output asset), over ticks.

    Returns (input, output, profit in the input asset); zeros when none pays.
    """
    row = pools[pool]
    phi, v_in, v_out, shares = 1.0 - row.fee, row.reserve[side], row.reserve[1 - side], row.shares
    tick = int(row.above if side == 1 else row.below)
    net, out = 0.0, 0.0
    while phi * v_out * rate > v_in:
        room, rest = stretch(ticks, tick, side, v_in, v_out, shares)
        best = np.sqrt(rate * phi * v_in * v_out) - v_in
        if best <= room:
            net, out = net + best, out + v_out * best / (v_in + best)
            break
        net, out = net + room, out + rest
        tick, v_in, v_out, shares = behind(pools, ticks, pool, tick, side)
    return net / phi, out, out * rate - net / phi


@njit(cache=True)
def around(pools: Pools, ticks: Ticks, path: np.ndarray, start: int, amount: float) -> tuple[float, float]:
    """Output of a cycle of pools (k,) for an input of the start asset, and its marginal rate there."""
    asset, rate = start, 1.0
    for k in range(path.size):
        pool = path[k]
        side, phi = (0 if int(pools[pool].asset[0]) == asset else 1), 1.0 - pools[pool].fee
        amount, v_in, v_out, _, _, _ = passed(pools, ticks, pool, side, amount * phi)
        rate *= phi * v_out / v_in
        asset = int(pools[pool].asset[1 - side])
    return amount, rate


@njit(cache=True)
def best_around(pools: Pools, ticks: Ticks, path: np.ndarray, start: int) -> tuple[float, float]:
    """Best input of a cycle over ticks, and what it earns, both in the start asset; (0, 0) when none pays."""
    if not around(pools, ticks, path, start, 0.0)[1] > 1.0:
        return 0.0, 0.0
    side = 0 if int(pools[path[0]].asset[0]) == start else 1
    low, high = 0.0, pools[path[0]].reserve[side]
    while around(pools, ticks, path, start, high)[1] > 1.0:
        low, high = high, 2.0 * high
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if around(pools, ticks, path, start, middle)[1] > 1.0:
            low = middle
        else:
            high = middle
    return low, around(pools, ticks, path, start, low)[0] - low


@njit(cache=True)
def _run(pools: Pools, ticks: Ticks, pool: int, side: int, v: float, a: float) -> tuple[float, float]:
    """What a victim of v receives behind a front-run of a, and what the front-runner earns by selling all behind it."""
    trial, phi = pools[pool : pool + 1].copy(), 1.0 - pools[pool].fee
    bought = advance(trial, ticks, 0, side, a * phi)
    received = advance(trial, ticks, 0, side, v * phi)
    return received, advance(trial, ticks, 0, 1 - side, bought * phi) - a


@njit(cache=True)
def best_front_run_over(
    pools: Pools, ticks: Ticks, pool: int, side: int, v: float, m: float, capital: float
) -> tuple[float, float]:
    """Size of a front-run over ticks within the victim's limit and one's capital, and its profit [asset in].

    The largest that the limit allows is found by halving. Profit need not have a single peak where liquidity steps up
    and down: what golden-section search finds is a peak, and its profit is what the pool would pay.
    """
    if capital <= 0.0 or _run(pools, ticks, pool, side, v, 0.0)[0] < m:
        return 0.0, 0.0
    high = capital
    if _run(pools, ticks, pool, side, v, high)[0] < m:
        low = 0.0
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            if _run(pools, ticks, pool, side, v, middle)[0] < m:
                high = middle
            else:
                low = middle
        high = low
    high *= 1.0 - 1e-12  # rounding must not push the victim below its limit
    size, best = high, _run(pools, ticks, pool, side, v, high)[1]
    low, top = 0.0, high
    for _ in range(HALVINGS):
        left, right = top - GOLDEN * (top - low), low + GOLDEN * (top - low)
        if _run(pools, ticks, pool, side, v, left)[1] > _run(pools, ticks, pool, side, v, right)[1]:
            top = right
        else:
            low = left
    inner = 0.5 * (low + top)
    gain = _run(pools, ticks, pool, side, v, inner)[1]
    if gain > best:
        size, best = inner, gain
    return (size, best) if best > 0.0 else (0.0, 0.0)
