"""What pending intents would do to the pools: how whoever writes a block foresees what will be filled.

Swaps are carried out on observed reserves, bundles all or none. Of a liquidation it is foreseen that it fails where the
block has liquidated the position before, which is cautious where that repaid only a part; anything else, and what is
sealed, is taken to succeed.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.rows import Row, Rows
from market.venues import Kind
from market.venues.pools.seen import Ticks, advance, quote, take_over
from market.venues.pools.view import Pools


@njit(cache=True)
def simulate_swap(pools: Pools, ticks: Ticks, row: Row) -> float:
    """Carry out a swap on observed reserves, in place; returns its output, 0 if it would not be filled."""
    pool = row.venue
    if row.kind != Kind.SWAP or pool < 0 or pool >= pools.shape[0] or not row.amount > 0.0:
        return 0.0
    if row.asset_in == pools[pool].asset[0] and row.asset_out == pools[pool].asset[1]:
        side = 0
    elif row.asset_in == pools[pool].asset[1] and row.asset_out == pools[pool].asset[0]:
        side = 1
    else:
        return 0.0
    out = quote(pools, ticks, pool, row.asset_in, row.amount)
    if out < row.limit:
        return 0.0
    if pools[pool].spacing > 0.0:
        return advance(pools, ticks, pool, side, row.amount * (1.0 - pools[pool].fee))
    if not out < pools[pool].reserve[1 - side]:  # an absurd amount rounds to all there is
        return 0.0
    pools[pool].reserve[side] += row.amount * pools[pool].kept
    pools[pool].reserve[1 - side] -= out
    return out


@njit(cache=True)
def liquidated(target: int, taken: np.ndarray) -> bool:
    """Note that a block liquidates a position, and return whether it has before; `taken` holds how many, then whom."""
    for k in range(1, 1 + taken[0]):
        if taken[k] == target:
            return True
    taken[0] += 1
    taken[taken[0]] = target
    return False


@njit(cache=True)
def end_of_unit(due: Rows, order: np.ndarray, at: int) -> int:
    """Where the unit that begins at order[at] ends: an intent on its own, or a bundle."""
    end = at + 1
    while end < order.size and due[order[at]].bundle >= 0 and due[order[end]].bundle == due[order[at]].bundle:
        end += 1
    return end


@njit(cache=True)
def carry_out(pools: Pools, ticks: Ticks, due: Rows, unit: np.ndarray, taken: np.ndarray) -> bool:
    """Carry out the pending intents `unit` (n,), all or none, in place; whether they would be filled."""
    trial, before = pools.copy(), taken[0]
    for k in unit:
        row = due[k]
        if row.sealed:
            continue
        if (row.kind == Kind.SWAP and simulate_swap(trial, ticks, row) <= 0.0) or (
            row.kind == Kind.LIQUIDATE and liquidated(row.target, taken)
        ):
            taken[0] = before
            return False
    take_over(pools, trial)
    return True
