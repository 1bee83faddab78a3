"""What a pool as somebody sees it would return: its rule on observed reserves, over the ticks that are public."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from market.state.schema import record
from market.venues.pools.curve import output, way
from market.venues.pools.tables import NO_TICK, Tick
from market.venues.pools.view import Pools

Ticks = Any
"""Ticks as seen, in compiled code: shape (n,), with the columns of `market.venues.pools.tables.Tick`."""
NO_TICKS = np.zeros(0, record(Tick))
"""Ticks of a market without concentrated pools."""


@njit(cache=True)
def has_tick(pools: Pools, pool: int, side: int) -> bool:
    """Whether a swap that gives the asset of `side`, 0 or 1, to a pool may come upon a tick."""
    return (pools[pool].above if side == 1 else pools[pool].below) != NO_TICK


@njit(cache=True)
def stretch(ticks: Ticks, tick: int, side: int, v_in: float, v_out: float, shares: float) -> tuple[float, float]:
    """What goes into virtual reserves, and what comes out, up to a tick [units of either asset]; inf where none is."""
    if tick == NO_TICK:
        return np.inf, v_out
    root = way(ticks[tick].root, side)
    return max(0.0, shares * root - v_in), max(0.0, v_out - shares / root)


@njit(cache=True)
def behind(pools: Pools, ticks: Ticks, pool: int, tick: int, side: int) -> tuple[int, float, float, float]:
    """Return the next tick behind one, and virtual reserves (in, out) and active liquidity between the two."""
    low = tick if side == 1 else int(ticks[tick].down)
    shares, root = pools[pool].everywhere + (0.0 if low == NO_TICK else ticks[low].level), way(ticks[tick].root, side)
    return int(ticks[tick].up) if side == 1 else low, shares * root, shares / root, shares


@njit(cache=True)
def passed(
    pools: Pools, ticks: Ticks, pool: int, side: int, net: float
) -> tuple[float, float, float, float, int, int]:  # fmt: skip
    """Return the output of an input, fee off, and what it would leave behind.

    Returns
    -------
    output [units of the other asset]; reserves of what is given and of the other; active liquidity; last tick crossed,
    and the next ahead
    """
    row = pools[pool]
    v_in, v_out, shares, out = row.reserve[side], row.reserve[1 - side], row.shares, 0.0
    last, tick = int(row.below if side == 1 else row.above), int(row.above if side == 1 else row.below)
    while True:
        room, rest = stretch(ticks, tick, side, v_in, v_out, shares)
        if net <= room:
            break
        net, out, last = net - room, out + rest, tick
        tick, v_in, v_out, shares = behind(pools, ticks, pool, tick, side)
    taken = v_out * net / (v_in + net)
    return out + taken, v_in + net, v_out - taken, shares, last, tick


@njit(cache=True)
def advance(pools: Pools, ticks: Ticks, pool: int, side: int, net: float) -> float:
    """Let an input, fee off, pass into an observed concentrated pool, in place; returns the output."""
    row = pools[pool]
    out, row.reserve[side], row.reserve[1 - side], row.shares, last, tick = passed(pools, ticks, pool, side, net)
    row.below, row.above = (float(last), float(tick)) if side == 1 else (float(tick), float(last))
    return out


@njit(cache=True)
def quote(pools: Pools, ticks: Ticks, pool: int, asset_in: int, amount: float) -> float:
    """Output of a swap on an observed pool, fee included [units of its other asset]."""
    side = 0 if pools[pool].asset[0] == asset_in else 1
    if has_tick(pools, pool, side):
        return passed(pools, ticks, pool, side, amount * (1.0 - pools[pool].fee))[0]
    return output(pools[pool].reserve[side], pools[pool].reserve[1 - side], pools[pool].fee, amount)


@njit(cache=True)
def take_over(pools: Pools, other: Pools) -> None:
    """Let observed pools be as others are: reserves, and of concentrated ones what is active."""
    for pool in range(pools.shape[0]):
        pools[pool].reserve[0], pools[pool].reserve[1] = other[pool].reserve[0], other[pool].reserve[1]
        if pools[pool].spacing > 0.0:
            pools[pool].shares, pools[pool].below, pools[pool].above = (
                other[pool].shares, other[pool].below, other[pool].above
            )  # fmt: skip
