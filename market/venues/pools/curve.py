"""What a pool returns: the constant product, tick by tick where ranges of liquidity begin and end.

With reserves (x, y) and input fee f, an input d returns y (1-f) d / (x + (1-f) d). In a concentrated pool these are the
virtual reserves of the active liquidity L, x = L / sqrt(p) and y = L sqrt(p), which hold up to the next tick. There the
liquidity that begins or ends is added or taken, the price stays, and the reserves become those of the new liquidity
(Adams et al. 2021, Uniswap v3 core, section 6). A pool without ranges has no tick, and is a constant product.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, njit

from market.kernel.compiled import kernel, kernel_of
from market.state.journal import put
from market.state.store import STATE, State, balance, cell, get, index, length
from market.state.tables import Asset
from market.venues.pools.tables import NO_TICK, Pool, Tick

GAINS = 3
"""What a unit of liquidity gains: fees of either asset, and what swaps bring besides, in the order of the columns."""


@kernel
def output(reserve_in: float, reserve_out: float, fee: float, amount: float) -> float:
    """Output of an exact input [units of the asset out]."""
    net = amount * (1.0 - fee)
    return reserve_out * net / (reserve_in + net)


@kernel_of(float64(STATE, int64, int64), inlined=True)
def reserve(state: State, pool: int, asset: int) -> float:
    """Reserve of one of a pool's two assets, in a concentrated pool the virtual one [units of the asset]."""
    if get(state, Pool.spacing, pool) > 0.0:
        return get(state, Pool.virtual if asset == index(state, Pool.asset, pool) else (Pool.virtual + 1), pool)
    return balance(state, index(state, Pool.account, pool), index(state, Pool.rollup, pool), asset)


@kernel
def trades(state: State, pool: int, rollup: int, asset_in: int, asset_out: int) -> bool:
    """Whether the pool exists, stands on this rollup and exchanges these two assets."""
    if pool < 0 or pool >= length(state, Pool.rollup) or index(state, Pool.rollup, pool) != rollup:
        return False
    first, second = index(state, Pool.asset, pool), index(state, Pool.asset + 1, pool)
    return (asset_in == first and asset_out == second) or (asset_in == second and asset_out == first)


@kernel
def accumulate_price(state: State, pool: int, time: float) -> None:
    """Add price times time since the last change to the pool's accumulator, from which time-weighted prices come."""
    elapsed = time - get(state, Pool.cumulative_time, pool)
    base = reserve(state, pool, index(state, Pool.asset, pool))
    if elapsed <= 0.0 or base <= 0.0:
        return
    price = reserve(state, pool, index(state, Pool.asset + 1, pool)) / base
    put(state, cell(state, Pool.cumulative, pool), get(state, Pool.cumulative, pool) + price * elapsed)
    put(state, cell(state, Pool.cumulative_time, pool), time)


@njit(boolean(STATE, int64), cache=True)
def concentrated(state: State, pool: int) -> bool:
    """Whether providers may choose ranges of prices in a pool."""
    return get(state, Pool.spacing, pool) > 0.0


@kernel
def way(root: float, side: int) -> float:
    """Root of a tick's price as a swap meets it that gives the asset of `side`: units in per unit out."""
    return root if side == 1 else 1.0 / root


@njit(int64(STATE, int64, int64), cache=True)
def ahead(state: State, pool: int, side: int) -> int:
    """Next tick on the way of a swap that gives the asset of `side`; `NO_TICK`: none."""
    return index(state, Pool.above if side == 1 else Pool.below, pool)


@njit(int64(STATE, int64, int64), cache=True)
def beyond(state: State, tick: int, side: int) -> int:
    """Next tick behind a tick on the way of a swap that gives the asset of `side`; `NO_TICK`: none."""
    return index(state, Tick.up if side == 1 else Tick.down, tick)


@njit(float64(STATE, int64, int64), cache=True)
def level(state: State, tick: int, side: int) -> float:
    """Liquidity of ranges behind a tick on the way of a swap that gives the asset of `side`."""
    low = tick if side == 1 else index(state, Tick.down, tick)
    return 0.0 if low == NO_TICK else get(state, Tick.level, low)


@kernel
def _cross(state: State, pool: int, tick: int, side: int) -> None:
    """Let the price be on the other side of a tick; what was gained outside of it is what was gained inside."""
    for which in range(GAINS):
        total, outside = get(state, Pool.growth + which, pool), cell(state, Tick.outside + which, tick)
        put(state, outside, total - state.cells[outside])
    after = beyond(state, tick, side)
    put(state, cell(state, Pool.below, pool), float(tick if side == 1 else after))
    put(state, cell(state, Pool.above, pool), float(after if side == 1 else tick))
    shares = get(state, Pool.everywhere, pool) + level(state, tick, side)
    put(state, cell(state, Pool.shares, pool), shares)


@kernel
def _gain(state: State, pool: int, side: int, given: float, taken: float) -> None:
    """Add what a swap gives and takes within one stretch to what a unit of the active liquidity has gained."""
    shares, rate = get(state, Pool.shares, pool), get(state, Pool.fee, pool)
    growth = cell(state, Pool.growth + side, pool)
    put(state, growth, state.cells[growth] + given * rate / (1.0 - rate) / shares)
    asset_in, asset_out = index(state, Pool.asset + side, pool), index(state, Pool.asset + 1 - side, pool)
    marked = given * get(state, Asset.price, asset_in) - taken * get(state, Asset.price, asset_out)
    where = cell(state, Pool.marked, pool)
    put(state, where, state.cells[where] + marked / shares)


@kernel_of(float64(STATE, int64, int64, float64, boolean), inlined=True)
def walk(state: State, pool: int, side: int, net: float, write: bool) -> float:
    """Let an input pass over the ticks, fee off; returns the output [units of the other asset].

    Parameters
    ----------
    state, pool
        the market, and the pool
    side
        which of the pool's assets is given: 0 or 1
    net
        what is given, fee off [units of that asset]
    write
        whether to note what liquidity gains, which ticks are crossed, and the virtual reserves; balances are the
        caller's to move

    Returns
    -------
    float
        inf where the pool has not as much: rounding alone can bring that about
    """
    v_in = reserve(state, pool, index(state, Pool.asset + side, pool))
    v_out = reserve(state, pool, index(state, Pool.asset + 1 - side, pool))
    shares, tick, out = get(state, Pool.shares, pool), ahead(state, pool, side), 0.0
    while tick != NO_TICK:
        root = way(get(state, Tick.root, tick), side)
        room, rest = max(0.0, shares * root - v_in), max(0.0, v_out - shares / root)
        if net <= room:
            break
        if write:
            _gain(state, pool, side, room, rest)
            _cross(state, pool, tick, side)
        shares = get(state, Pool.everywhere, pool) + level(state, tick, side)
        net, out = net - room, out + rest
        v_in, v_out = shares * root, shares / root
        tick = beyond(state, tick, side)
    last = v_out * net / (v_in + net)
    # last < v_out holds exactly in real numbers; rounding must not empty a pool either
    if last >= v_out:
        return np.inf
    if write:
        _gain(state, pool, side, net, last)
        put(state, cell(state, Pool.virtual + side, pool), v_in + net)
        put(state, cell(state, Pool.virtual + 1 - side, pool), v_out - last)
    return out + last


@kernel_of(float64(STATE, int64, int64, float64), inlined=True)
def quoted(state: State, pool: int, asset_in: int, amount: float) -> float:
    """Output that a pool would give for an exact input of one of its assets now [units of the other]."""
    side = 0 if asset_in == index(state, Pool.asset, pool) else 1
    out = walk(state, pool, side, amount * (1.0 - get(state, Pool.fee, pool)), False)
    return out if out != np.inf else reserve(state, pool, index(state, Pool.asset + 1 - side, pool))


@njit(cache=True)
def deepen(state: State, pool: int, shares: float) -> None:
    """Let a concentrated pool have so much active liquidity, at the price that it has."""
    scale = shares / get(state, Pool.shares, pool)
    for side in range(2):
        where = cell(state, Pool.virtual + side, pool)
        put(state, where, state.cells[where] * scale)
    put(state, cell(state, Pool.shares, pool), shares)


X, Y, SHARES, BELOW, ABOVE = range(5)
"""Places in what :func:`spot` returns: virtual reserves, active liquidity, nearest ticks."""


@njit(cache=True)
def spot(state: State, pool: int) -> np.ndarray:
    """Return where a concentrated pool's price is now, to follow it without moving it: shape (5,)."""
    first, second = index(state, Pool.asset, pool), index(state, Pool.asset + 1, pool)
    found = np.empty(5)
    found[X], found[Y] = reserve(state, pool, first), reserve(state, pool, second)
    found[SHARES], found[BELOW], found[ABOVE] = (
        get(state, Pool.shares, pool), get(state, Pool.below, pool), get(state, Pool.above, pool)
    )  # fmt: skip
    return found


@njit(cache=True)
def pass_on(state: State, pool: int, at: np.ndarray, side: int, net: float) -> float:
    """Let an input, fee off, move a price that :func:`spot` returned, in place; returns the output."""
    out, ahead_at, last_at = 0.0, ABOVE if side == 1 else BELOW, BELOW if side == 1 else ABOVE
    while at[ahead_at] != NO_TICK:
        tick = int(at[ahead_at])
        root = way(get(state, Tick.root, tick), side)
        room, rest = max(0.0, at[SHARES] * root - at[side]), max(0.0, at[1 - side] - at[SHARES] / root)
        if net <= room:
            break
        net, out = net - room, out + rest
        at[SHARES] = get(state, Pool.everywhere, pool) + level(state, tick, side)
        at[side], at[1 - side] = at[SHARES] * root, at[SHARES] / root
        at[last_at], at[ahead_at] = tick, beyond(state, tick, side)
    taken = at[1 - side] * net / (at[side] + net)
    at[side], at[1 - side] = at[side] + net, at[1 - side] - taken
    return out + taken
