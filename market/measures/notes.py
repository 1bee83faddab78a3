"""What the tape says of an intent besides its receipt: prices and fees of the moment, and the accounts concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.intents.extraction import Extraction
from market.intents.rows import Status
from market.venues import rooms
from market.venues.dispatch import CHARGED, stating

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

NOTES = np.dtype(
    [
        (name, np.int64)
        for name in ("slot", "domain", "author", "operator", "receiver", "owner", "loan", "contract", "counted")
    ]
    + [(name, np.float64) for name in ("price_in_usd", "price_out_usd", "gas_usd", "fee_usd", "penalty_usd", "bid_usd")]
    + [("paused", np.bool_)]
)
"""A note: accounts (-1: nobody), rows of the tables of loans and contracts (-1: none), USD, and whether it
was ever paused."""
COUNTED = tuple(member.name.lower() for member in Extraction)
"""Names of what an intent may count as, by number."""


def blank(count: int) -> np.ndarray:
    """Notes on intents that no block decides on, or none so far: shape (count,), dtype `NOTES`."""
    notes = np.zeros(count, NOTES)
    for name in ("slot", "domain", "author", "operator", "receiver", "owner", "loan", "contract"):
        notes[name] = -1
    notes["price_in_usd"] = notes["price_out_usd"] = np.nan
    return notes


def note(market: SequencerMarket, slot: Slot) -> np.ndarray:
    """Return the notes on an executed block's receipts: shape (n,), dtype `NOTES`.

    Prices are those that the block was executed at. Each venue adds what it alone knows, by the function `note` of its
    module `receipts`, where it has one.
    """
    rows, tables = slot.rows, market.world.tables
    notes = blank(rows.size)
    notes["slot"], notes["domain"] = slot.domain.slot, slot.domain.index
    notes["operator"], notes["bid_usd"] = slot.leader.account, slot.bids
    done = 0
    for part, author in slot.by_author(rows):
        notes["author"][done : done + part.size] = author
        done += part.size
    notes["receiver"], notes["counted"] = rows["sender"], market.tally.found.classes
    _price(tables.prices, rows, notes)
    filled = rows["status"] == Status.FILLED
    charged = filled & stating(CHARGED, rows["kind"])
    notes["gas_usd"][charged] = tables.rollups["gas"][rows["rollup"][charged]]
    for venue in rooms("receipts").values():
        venue.note(tables, rows, filled, notes)
    return notes


def note_orders(market: SequencerMarket, rows: np.ndarray) -> np.ndarray:
    """Return the notes on orders carried out apart from blocks, which pay nobody: shape (n,), dtype `NOTES`."""
    notes = blank(rows.size)
    notes["receiver"], notes["counted"] = rows["sender"], market.tally.found.classes
    _price(market.world.tables.prices, rows, notes)
    return notes


def _price(prices: np.ndarray, rows: np.ndarray, notes: np.ndarray) -> None:
    """Note the reference prices of what is given and received."""
    for side in ("in", "out"):
        asset = rows[f"asset_{side}"]
        known = (asset >= 0) & (asset < prices.size)
        notes[f"price_{side}_usd"] = np.where(known, prices[np.where(known, asset, 0)], np.nan)
