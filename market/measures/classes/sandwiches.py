"""Sandwiches: who buys in front of somebody who buys on the same pool, and sells behind, within one block.

Evidence, after Qin, Zhou and Gervais (2021, section 4.1) and Torres et al. (2021, section 3): front, victim and back
stand in this order on one pool; front and victim trade the same way, the back the other; front and back have one
account, the victim has another; what the back sells is what the front bought. Fronts and backs need not share a bundle,
several victims may stand between them, and a front or a back may come in pieces: sold is taken off what was bought
last. A victim is whoever stands there. What is bought and sold again in a bundle that earns by that alone is arbitrage,
and front to nothing beyond the bundle.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.extraction import Extraction
from market.intents.rows import Rows
from market.measures.classes.chains import kept, link, reserves_before, spot_before, trades
from market.state.store import State, get, index
from market.state.tables import Asset
from market.venues.pools.curve import concentrated, output, pass_on
from market.venues.pools.tables import Pool

MOST = 0.5
"""A front is one if more than this share of it is sold behind; a back, if more than this share of it was in front."""


@njit(cache=True)
def _match(rows: Rows, back: int, before: np.ndarray, tied: np.ndarray, left: np.ndarray) -> tuple[float, int]:
    """Take what a swap sells off what its sender bought in front of others; returns how much, and the first such row.

    `left`, shape (rows,), is what each row bought and nobody has sold yet.
    """
    row = rows[back]
    rest, first, crossed, at = row.filled_in, -1, False, int(before[back])
    while at >= 0 and rest > 0.0:
        other = rows[at]
        if trades(other):
            if other.sender != row.sender:
                crossed = crossed or other.asset_out == row.asset_in
            elif crossed and other.asset_out == row.asset_in and tied[at] == tied[back] and left[at] > 0.0:
                taken = min(rest, left[at])
                left[at] -= taken
                rest -= taken
                first = at
        at = int(before[at])
    return row.filled_in - rest, first


@njit(cache=True)
def _losses(
    state: State, rows: Rows, first: int, back: int, last: int, before: np.ndarray, path: np.ndarray, loss: np.ndarray,
    nearest: np.ndarray,
) -> None:  # fmt: skip
    """Add what whoever stands between rows[first] and rows[back] would have received more without that account [USD].

    The others' swaps of that stretch are executed again, on the reserves that its first swap found. `nearest` gets
    that first swap where it is nearer than what stands there; `path`, shape (rows,), is overwritten.
    """
    sender, pool, source, sink = rows[first].sender, rows[first].venue, rows[first].asset_in, rows[first].asset_out
    if concentrated(state, pool):
        _losses_over_ticks(state, rows, first, back, last, before, path, loss, nearest)
        return
    x, y = reserves_before(state, rows, last, before, first)
    if index(state, Pool.asset, pool) != source:
        x, y = y, x
    length, at = 0, back
    while at > first:
        if rows[at].sender != sender and trades(rows[at]):
            path[length] = at
            length += 1
        at = before[at]
    fee, price = get(state, Pool.fee, pool), get(state, Asset.price, sink)
    for k in range(length - 1, -1, -1):
        row = rows[path[k]]
        if row.asset_in == source:
            out = output(x, y, fee, row.filled_in)
            x, y = x + kept(state, row), y - out
            loss[path[k]] += (out - row.filled_out) * price
            nearest[path[k]] = max(nearest[path[k]], first)
        else:
            out = output(y, x, fee, row.filled_in)
            x, y = x - out, y + kept(state, row)


@njit(cache=True)
def _losses_over_ticks(
    state: State, rows: Rows, first: int, back: int, last: int, before: np.ndarray, path: np.ndarray, loss: np.ndarray,
    nearest: np.ndarray,
) -> None:  # fmt: skip
    """Do as :func:`_losses` on a concentrated pool, whose price can be followed over its ticks."""
    sender, pool, source = rows[first].sender, rows[first].venue, rows[first].asset_in
    at, price = spot_before(state, rows, last, before, first), get(state, Asset.price, rows[first].asset_out)
    length, k = 0, back
    while k > first:
        if rows[k].sender != sender and trades(rows[k]):
            path[length] = k
            length += 1
        k = before[k]
    for step in range(length - 1, -1, -1):
        row = rows[path[step]]
        side = 0 if row.asset_in == index(state, Pool.asset, pool) else 1
        out = pass_on(state, pool, at, side, kept(state, row))
        if row.asset_in == source:
            loss[path[step]] += (out - row.filled_out) * price
            nearest[path[step]] = max(nearest[path[step]], first)


@njit(cache=True)
def find(
    state: State, rows: Rows, agents: int, last: np.ndarray, before: np.ndarray, tied: np.ndarray, classes: np.ndarray,
    loss: np.ndarray, nearest: np.ndarray,
) -> None:  # fmt: skip
    """Mark fronts and backs, and say what those between them lost.

    Parameters
    ----------
    state, rows
        the market after the block, and the block
    agents
        accounts below this number are agents of the market
    last, before
        shapes (pools,) and (rows,): overwritten, see :func:`chains.link`
    tied
        shape (rows,): the arbitrage that each row belongs to
    classes
        shape (rows,): set where a row is part of a sandwich
    loss
        shape (rows,): overwritten with what each row lost to sandwiches around it [USD]
    nearest
        shape (rows,): overwritten with the first row of the nearest such sandwich, -1 for none
    """
    loss[:] = 0.0
    nearest[:] = -1
    link(rows, last, before)
    left, start, some = np.zeros(rows.size), np.full(rows.size, -1), False
    for k in range(rows.size):
        if 0 <= rows[k].sender < agents and trades(rows[k]):
            left[k] = rows[k].filled_out
            some = _match(rows, k, before, tied, left)[0] > 0.0 or some
    if not some:
        return
    # once more, with those alone of which most was sold again
    for k in range(rows.size):
        if 0 <= rows[k].sender < agents and trades(rows[k]):
            front = left[k] < (1.0 - MOST) * rows[k].filled_out
            left[k] = rows[k].filled_out if front else 0.0
            if front:
                classes[k] = Extraction.SANDWICH
    for k in range(rows.size):
        if 0 <= rows[k].sender < agents and trades(rows[k]):
            sold, first = _match(rows, k, before, tied, left)
            if sold > MOST * rows[k].filled_in:
                classes[k], start[k] = Extraction.SANDWICH, first
    path = np.empty(rows.size, np.int64)
    for back in range(rows.size - 1, -1, -1):
        if start[back] < 0:
            continue
        first, k = start[back], back - 1
        while k > first:  # one stretch where several overlap: nobody loses twice
            same = rows[k].sender == rows[back].sender and rows[k].venue == rows[back].venue
            if start[k] >= 0 and same and rows[k].asset_in == rows[back].asset_in:
                first, start[k] = min(first, start[k]), -1
            k -= 1
        _losses(state, rows, first, back, int(last[rows[back].venue]), before, path, loss, nearest)
