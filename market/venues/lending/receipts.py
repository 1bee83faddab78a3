"""What the tape says of intents on lending markets beyond their receipts: whose loan, who won, what penalty."""

from __future__ import annotations

import numpy as np

from market.state.store import Tables
from market.venues import Kind
from market.venues.dispatch import stating
from market.venues.founding import World
from market.venues.liquidation.numbered import lots_of

LOANS = np.zeros(len(Kind), np.bool_)
LOANS[[
    Kind.DEPOSIT, Kind.WITHDRAW, Kind.BORROW, Kind.REPAY, Kind.LIQUIDATE, Kind.LOAN_AUCTION_START,
]] = True  # fmt: skip
"""By kind: whether the target is a loan."""
AUCTIONS = np.zeros(len(Kind), np.bool_)
AUCTIONS[[Kind.LOAN_AUCTION_TAKE, Kind.LOAN_AUCTION_BID, Kind.LOAN_AUCTION_SETTLE, Kind.LOAN_AUCTION_RESET]] = True
"""By kind: whether the target is the number of an auction."""


def note(world: World, rows: np.ndarray, filled: np.ndarray, notes: np.ndarray) -> None:
    """Write the loan, its owner, the winner of a settlement and the penalty of an auction into `notes`.

    Parameters
    ----------
    world
        the market's, as an executed block left it
    rows, filled
        the block's receipts, and which of them were filled: shape (n,)
    notes
        shape (n,), dtype `market.measures.notes.NOTES`, with prices: `loan`, `owner`, `receiver` and `penalty_usd` are
        written
    """
    tables = world.tables
    direct, numbered = stating(LOANS, rows["kind"]), stating(AUCTIONS, rows["kind"])
    if not (direct.any() or numbered.any()):
        return
    loan = np.where(direct, rows["target"], -1)
    if numbered.any():
        lot = np.full(rows.size, -1, np.int64)
        lot[numbered] = lots_of(tables, tables.lending, rows[numbered])
        at = lot >= 0
        loan[at] = tables.lots["position"].astype(np.int64)[lot[at]]
        won = at & filled & (rows["kind"] == Kind.LOAN_AUCTION_SETTLE)
        notes["receiver"][won] = tables.lots["bidder"].astype(np.int64)[lot[won]]
        _penalties(tables, rows, lot, at & filled, notes)
    loan[(loan < 0) | (loan >= len(tables.loans))] = -1
    mine = loan >= 0
    notes["loan"][mine] = loan[mine]
    notes["owner"][mine] = tables.loans["owner"].astype(np.int64)[loan[mine]]


def _penalties(tables: Tables, rows: np.ndarray, lot: np.ndarray, known: np.ndarray, notes: np.ndarray) -> None:
    """What was paid for lots beyond their debts: debt is paid first, so it is what comes when that has been paid.

    What is still to be raised before each payment follows, backwards, from what is left after the block.
    """
    left: dict[int, float] = {}
    selling = (rows["kind"] == Kind.LOAN_AUCTION_TAKE) | (rows["kind"] == Kind.LOAN_AUCTION_SETTLE)
    for k in np.flatnonzero(known & selling)[::-1].tolist():
        row, of = tables.lots[int(lot[k])], int(lot[k])
        whole = float(row["debt"]) * (1.0 + float(tables.auctions["penalty"][int(row["auction"])]))
        paid = float(rows["filled_in"][k])
        if rows["kind"][k] == Kind.LOAN_AUCTION_SETTLE:
            before, paid = whole, min(paid, whole)
        else:
            before = left.get(of, float(row["tab"])) + paid
        left[of] = before - paid
        debt = min(max(0.0, before - (whole - float(row["debt"]))), float(row["debt"]))
        notes["penalty_usd"][k] = max(0.0, paid - debt) * notes["price_in_usd"][k]
