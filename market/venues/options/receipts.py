"""What the tape says of intents on options beyond their receipts: whose account or quote it is, what fee was paid."""

from __future__ import annotations

import numpy as np

from market.venues import Kind
from market.venues.dispatch import stating
from market.venues.founding import World

TRADES = np.zeros(len(Kind), np.bool_)
TRADES[[Kind.OPTION_TRADE, Kind.OPTION_TAKE]] = True
"""By kind: whether it trades."""
ACCOUNTS = np.zeros(len(Kind), np.bool_)
ACCOUNTS[[
    Kind.OPTION_DEPOSIT, Kind.OPTION_WITHDRAW, Kind.OPTION_AUCTION_START, Kind.OPTION_AUCTION_TAKE,
    Kind.OPTION_AUCTION_END, Kind.OPTION_AUCTION_CLOSE,
]] = True  # fmt: skip
"""By kind: whether the target is an account."""


def note(world: World, rows: np.ndarray, filled: np.ndarray, notes: np.ndarray) -> None:
    """Write the owner of the account or quote that an intent names, and the fee of a trade, into `notes`.

    The fee is that at the price which the oracle had posted when the block was done.

    Parameters
    ----------
    world
        the market's, as an executed block left it
    rows, filled
        the block's receipts, and which of them were filled: shape (n,)
    notes
        shape (n,), dtype `market.measures.notes.NOTES`: `owner` and `fee_usd` are written
    """
    tables, kinds = world.tables, rows["kind"]
    account = np.full(rows.size, -1, np.int64)
    named = stating(ACCOUNTS, kinds) & (rows["target"] >= 0) & (rows["target"] < len(tables.option_accounts))
    account[named] = rows["target"][named]
    taken = (kinds == Kind.OPTION_TAKE) & (rows["target"] >= 0) & (rows["target"] < len(tables.option_quotes))
    account[taken] = tables.option_quotes["account"][rows["target"][taken]].astype(np.int64)
    there = account >= 0
    notes["owner"][there] = tables.option_accounts["owner"][account[there]].astype(np.int64)
    traded = filled & stating(TRADES, kinds)
    if traded.any():
        terms = tables.option_markets[rows["venue"][traded]]
        price = tables.feeds["price"][terms["feed"].astype(np.int64)]
        most = rows["filled_in"][traded] * terms["fee_cap"]
        notes["fee_usd"][traded] = np.minimum(rows["filled_out"][traded] * price * terms["fee"], most)
