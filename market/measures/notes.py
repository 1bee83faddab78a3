"""What the tape says of an intent besides its receipt: prices and fees of the moment, and the accounts concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.intents.costs import data_reverted, gas_reverted, posted
from market.intents.extraction import Extraction
from market.intents.rows import Rows, Status
from market.kernel.compiled import kernel
from market.state.store import State, get
from market.state.tables import Rollup
from market.venues import rooms
from market.venues.dispatch import pays

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

NUMBERS = (
    "slot", "domain", "author", "operator", "receiver", "owner", "loan", "contract", "turns_round", "sandwiched_by"
)  # fmt: skip
"""Whole numbers that are -1 where there is nothing to name."""
UNKNOWN = ("price_in_usd", "price_out_usd", "unfilled_out")
"""Numbers that are nan where nobody asked for them."""
FEES = ("gas_usd", "data_fee_usd", "data_cost_usd")
"""What was paid to the operator, and by it to L1."""
NOTES = np.dtype(
    [(name, np.int64) for name in (*NUMBERS, "counted")]
    + [(name, np.float64) for name in (*UNKNOWN, *FEES, "fee_usd", "penalty_usd", "bid_usd", "sandwich_loss_usd")]
    + [("paused", np.bool_)]
)
"""A note: accounts (-1: nobody), rows of the tables of loans and contracts and ids of intents (-1: none), units that a
pool would have returned (nan: not asked), USD, and whether it was ever paused."""
COUNTED = tuple(member.name.lower() for member in Extraction)
"""Names of what an intent may count as, by number."""


def blank(count: int) -> np.ndarray:
    """Notes on intents that no block decides on, or none so far: shape (count,), dtype `NOTES`."""
    notes = np.zeros(count, NOTES)
    for name in NUMBERS:
        notes[name] = -1
    for name in UNKNOWN:
        notes[name] = np.nan
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
    notes["receiver"] = rows["sender"]
    found = market.tally.found
    notes["counted"], notes["turns_round"], notes["sandwich_loss_usd"] = found.classes, found.turned, found.loss
    inside = found.nearest >= 0
    notes["sandwiched_by"][inside] = rows["id"][found.nearest[inside]]
    _price(tables.prices, rows, notes)
    filled = rows["status"] == Status.FILLED
    _charge(market.world.state, rows, *(notes[name] for name in FEES))
    for venue in rooms("receipts").values():
        venue.note(market.world, rows, filled, notes)
    return notes


@kernel
def _charge(state: State, rows: Rows, gas: np.ndarray, fee: np.ndarray, cost: np.ndarray) -> None:
    """Write gas and data fee of each row, and what its operator paid L1 for it: three arrays of shape (n,) [USD]."""
    for k in range(rows.size):
        row = rows[k]
        if row.status == Status.FILLED:
            size = posted(state, row)
            cost[k] = size * get(state, Rollup.data_cost, row.rollup)
            if pays(state, row):
                gas[k] = get(state, Rollup.gas, row.rollup)
                fee[k] = size * get(state, Rollup.data_fee, row.rollup)
        elif row.status == Status.REVERTED and row.position >= 0 and pays(state, row):
            # what was taken out of the block before it was executed stands nowhere in it, and pays nothing
            size = data_reverted(state, row)
            cost[k] = size * get(state, Rollup.data_cost, row.rollup)
            gas[k] = gas_reverted(state, row)
            fee[k] = size * get(state, Rollup.data_fee, row.rollup)


def note_orders(market: SequencerMarket, rows: np.ndarray) -> np.ndarray:
    """Return the notes on orders carried out apart from blocks, which pay nobody: shape (n,), dtype `NOTES`."""
    notes = blank(rows.size)
    notes["receiver"] = rows["sender"]
    notes["counted"], notes["turns_round"] = market.tally.found.classes, market.tally.found.turned
    _price(market.world.tables.prices, rows, notes)
    return notes


def _price(prices: np.ndarray, rows: np.ndarray, notes: np.ndarray) -> None:
    """Note the reference prices of what is given and received."""
    for side in ("in", "out"):
        asset = rows[f"asset_{side}"]
        known = (asset >= 0) & (asset < prices.size)
        notes[f"price_{side}_usd"] = np.where(known, prices[np.where(known, asset, 0)], np.nan)
