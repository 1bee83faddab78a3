"""Lots by the numbers of their auctions, for many intents at once: what receipts of an executed block refer to."""

from __future__ import annotations

import numpy as np

from market.state.store import Tables


def lots_of(tables: Tables, venue: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the lot that each intent's `target` numbers: shape (n,), -1 where the number is no longer that of a lot.

    `venue` is the table of the markets that the intents name, with a column `auction`; a lot that was left in a block
    keeps its number until the next one.
    """
    found = np.full(rows.size, -1, np.int64)
    named = (rows["venue"] >= 0) & (rows["venue"] < len(venue)) & (rows["target"] >= 0)
    auction = venue["auction"].astype(np.int64)[np.where(named, rows["venue"], 0)] if len(venue) else found
    lots = tables.auctions["lots"].astype(np.int64)[auction] if len(tables.auctions) else np.zeros(rows.size, np.int64)
    named &= lots > 0
    if not named.any():
        return found
    lot = tables.auctions["first"].astype(np.int64)[auction] + rows["target"] % np.maximum(lots, 1)
    lot = np.where(named, lot, 0)
    named &= tables.lots["id"].astype(np.int64)[lot] == rows["target"]
    return np.where(named, lot, found)
