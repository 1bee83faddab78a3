"""The executed intents of a block pool by pool, and a pool's reserves at any point of the block."""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.rows import BATCHED, Row, Rows, Status
from market.state.store import State, get, index
from market.venues import Kind
from market.venues.pools import batch
from market.venues.pools.curve import pass_on, reserve, spot
from market.venues.pools.tables import Pool


@njit(cache=True)
def trades(row: Row) -> bool:
    """Whether a row is an executed swap by itself: what clears in a batch has no place before or behind others."""
    return row.kind == Kind.SWAP and row.status == Status.FILLED and row.carried != BATCHED


@njit(cache=True)
def moves(row: Row) -> bool:
    """Whether a row has changed a pool's reserves."""
    return row.status == Status.FILLED and row.kind in (Kind.SWAP, Kind.ADD_LIQUIDITY, Kind.REMOVE_LIQUIDITY)


@njit(cache=True)
def link(rows: Rows, last: np.ndarray, before: np.ndarray) -> None:
    """Chain the rows that moved each pool.

    Parameters
    ----------
    rows
        an executed block
    last
        shape (pools,): overwritten with the last such row of each pool, -1 for none
    before
        shape (rows,): overwritten with the row before each on its pool, -1 for none
    """
    last[:] = -1
    for k in range(rows.size):
        before[k] = -1
        if moves(rows[k]):
            before[k] = last[rows[k].venue]
            last[rows[k].venue] = k


@njit(cache=True)
def kept(state: State, row: Row) -> float:
    """What a swap added to its pool's reserve of what it gave: its fee stays out unless the pool keeps fees inside."""
    inside = get(state, Pool.fees_inside, row.venue) > 0.0
    return row.filled_in if inside else row.filled_in * (1.0 - get(state, Pool.fee, row.venue))


@njit(cache=True)
def reserves_before(state: State, rows: Rows, last: int, before: np.ndarray, at: int) -> tuple[float, float]:
    """Reserves of a pool's two assets before rows[at] was executed [units], by undoing the block from its end.

    `last` is the pool's last row of the block; `before` as :func:`link` writes it. Not of a concentrated pool.
    """
    pool = rows[at].venue
    first, second = index(state, Pool.asset, pool), index(state, Pool.asset + 1, pool)
    x, y = reserve(state, pool, first), reserve(state, pool, second)
    k = last
    while k >= 0:
        row = rows[k]
        if row.kind == Kind.SWAP:
            given = row.filled_in if row.carried == BATCHED else kept(state, row)
            if row.asset_in == first:
                x, y = x - given, y + row.filled_out
            else:
                x, y = x + row.filled_out, y - given
            if row.carried == BATCHED and (k == 0 or rows[k - 1].carried != BATCHED or rows[k - 1].venue != pool):
                asset, fee = batch.fee_taken(state, rows, k)
                x, y = (x + fee, y) if asset == first else (x, y + fee)
        else:
            change = -row.filled_in if row.kind == Kind.ADD_LIQUIDITY else row.filled_out
            x, y = x + change, y * (x + change) / x
        if k == at:
            break
        k = before[k]
    return x, y


@njit(cache=True)
def spot_before(state: State, rows: Rows, last: int, before: np.ndarray, at: int) -> np.ndarray:
    """Return where a concentrated pool's price was before rows[at], by going back over the block from its end.

    What swaps took goes back in, which is the way they came: fees are apart. Ranges are those that there are after the
    block; who provides or leaves does not move the price.

    Returns
    -------
    shape (5,), as :func:`market.venues.pools.curve.spot` has it
    """
    pool, found = rows[at].venue, spot(state, rows[at].venue)
    first = index(state, Pool.asset, pool)
    k, held = last, np.zeros(2)  # what swaps that clear together have moved of either asset
    while k >= 0:
        row = rows[k]
        if row.kind == Kind.SWAP:
            side = 0 if row.asset_in == first else 1
            if row.carried != BATCHED:
                pass_on(state, pool, found, 1 - side, row.filled_out)
            else:
                held[side] += row.filled_in
                held[1 - side] -= row.filled_out
                if k == 0 or rows[k - 1].carried != BATCHED or rows[k - 1].venue != pool:
                    out = 0 if held[0] < held[1] * found[0] / found[1] else 1
                    pass_on(state, pool, found, out, max(0.0, -held[out]))
                    held[:] = 0.0
        if k == at:
            break
        k = before[k]
    return found
