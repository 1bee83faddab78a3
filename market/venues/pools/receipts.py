"""What the tape says of swaps beyond their receipts: the fee that each paid, or what its pool would have returned."""

from __future__ import annotations

import numpy as np

from market.intents.rows import BATCHED
from market.state.store import Tables
from market.venues import Kind
from market.venues.founding import World
from market.venues.pools.batch import ROUNDING
from market.venues.pools.curve import quoted


def note(world: World, rows: np.ndarray, filled: np.ndarray, notes: np.ndarray) -> None:
    """Write what the swaps of an executed block paid in fees, or would have received, into `notes`.

    A swap by itself pays the pool's fee on what it gives. Swaps that clear together pay it on what they leave over for
    the pool, here each in proportion to the value that it gives. A swap that came to nothing could have been made, as
    it gave up, at what its pool offers after the block.

    Parameters
    ----------
    world
        the market's
    rows, filled
        the block's receipts, and which of them were filled: shape (n,)
    notes
        shape (n,), dtype `market.measures.notes.NOTES`, with prices: its `fee_usd` and `unfilled_out` are
        written
    """
    tables = world.tables
    of_pools = rows["kind"] == Kind.SWAP
    _unfilled(world, rows, of_pools & ~filled, notes)
    swaps = filled & of_pools
    if not swaps.any():
        return
    rate = tables.pools["fee"][np.where(swaps, rows["venue"], 0)]
    value = rows["filled_in"] * notes["price_in_usd"]
    batched = rows["carried"] == BATCHED
    alone = swaps & ~batched
    notes["fee_usd"][alone] = (rate * value)[alone]
    if not batched.any():
        return
    begins = batched.copy()
    begins[1:] &= ~batched[:-1] | (rows["venue"][1:] != rows["venue"][:-1])
    stretch = np.cumsum(begins)
    for number in range(1, int(stretch[-1]) + 1):
        members = np.flatnonzero((stretch == number) & batched & swaps)
        if members.size:
            fee = rate[members[0]] * _left_over(tables, rows[members], notes[members])
            notes["fee_usd"][members] = fee * value[members] / value[members].sum()


def _unfilled(world: World, rows: np.ndarray, swaps: np.ndarray, notes: np.ndarray) -> None:
    """What pools would return for swaps that were not filled; nothing where no such pool or amount exists [units]."""
    tables = world.tables
    known = swaps & (rows["venue"] >= 0) & (rows["venue"] < len(tables.pools))
    known &= np.isfinite(rows["amount"]) & (rows["amount"] > 0.0)
    for k in np.flatnonzero(known).tolist():
        row, pool = rows[k], tables.pools[int(rows["venue"][k])]
        sides = (int(row["asset_in"]), int(row["asset_out"]))
        if row["rollup"] == pool["rollup"] and sorted(sides) == sorted(pool["asset"].tolist()):
            notes["unfilled_out"][k] = quoted(world.state, int(row["venue"]), sides[0], float(row["amount"]))


def _left_over(tables: Tables, rows: np.ndarray, notes: np.ndarray) -> float:
    """What swaps that cleared together left for the pool to trade [USD]; nothing within rounding."""
    second = int(tables.pools["asset"][int(rows["venue"][0]), 1])
    buys = rows["asset_in"] == second
    price = rows["filled_in"][0] / rows["filled_out"][0]
    price = price if buys[0] else 1.0 / price
    bought, sold = rows["filled_in"][buys].sum(), rows["filled_in"][~buys].sum()
    left = bought - sold * price
    if abs(left) <= ROUNDING * bought:
        return 0.0
    side = np.flatnonzero(buys if left > 0.0 else ~buys)[0]
    return float(notes["price_in_usd"][side] * (left if left > 0.0 else -left / price))
