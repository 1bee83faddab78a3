"""What the tape says of swaps beyond their receipts: the fee that each paid."""

from __future__ import annotations

import numpy as np

from market.intents.rows import BATCHED
from market.state.store import Tables
from market.venues import Kind
from market.venues.pools.batch import ROUNDING


def note(tables: Tables, rows: np.ndarray, filled: np.ndarray, notes: np.ndarray) -> None:
    """Write the fees of the swaps of an executed block into `notes`.

    A swap by itself pays the pool's fee on what it gives. Swaps that clear together pay it on what they leave over for
    the pool, here each in proportion to the value that it gives.

    Parameters
    ----------
    tables
        the market's
    rows, filled
        the block's receipts, and which of them were filled: shape (n,)
    notes
        shape (n,), dtype `market.measures.notes.NOTES`, with prices: its `fee_usd` is written
    """
    swaps = filled & (rows["kind"] == Kind.SWAP)
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
