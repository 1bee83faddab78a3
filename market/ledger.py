"""Double entry: every movement has a payer, a payee and a reason, and can be undone.

The table of flows (group of payer, group of payee, reason, asset) answers "who paid whom for what"; the balances say
who holds what, and where. No asset is made or lost: a movement takes from one account exactly what it gives to another.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import boolean, float64, int64, njit, void

from market.state import (
    A_GROUP,
    A_OPEN,
    ACCOUNT,
    ASSETS_AT,
    BOOK,
    FLOWS,
    GROUPS_AT,
    REASONS_AT,
    Book,
    Tables,
    balance_cell,
    index,
)


class Why(IntEnum):
    """Reason of a movement."""

    ENDOWMENT = 0
    SWAP = 1
    POOL_FEE = 2
    LIQUIDITY = 3
    COLLATERAL = 4
    LOAN = 5
    REPAYMENT = 6
    LIQUIDATION = 7
    SEIZURE = 8
    TIP = 9
    GAS = 10
    BID = 11
    BRIDGE = 12
    BRIDGE_FEE = 13
    PAYMENT = 14
    OUTSIDE = 15
    REVENUE = 16
    STAKE = 17
    SLASHING = 18
    MARGIN = 19
    PERPETUAL_FEE = 20
    INSURANCE = 21
    ESCROW = 22  # bids that may be returned
    PENALTY = 23  # what a borrower pays the market beyond the debt
    SURPLUS = 24  # what an auction returns to the borrower


REASONS = len(Why)


@njit(void(BOOK, int64, float64), cache=True)
def put(book: Book, where: int, value: float) -> None:
    """Write one cell and remember what it held.

    A stretch that writes more than the journal holds stops writing; `full` says so, and the stretch is undone.
    """
    entry = 1 + 2 * int(book.journal[0])
    if entry + 1 < book.journal.size:
        book.journal[entry] = where
        book.journal[entry + 1] = book.cells[where]
        book.cells[where] = value
    book.journal[0] += 1.0


@njit(void(BOOK), cache=True)
def open_journal(book: Book) -> None:
    """Start an all-or-none stretch."""
    book.journal[0] = 0.0


@njit(boolean(BOOK), cache=True)
def full(book: Book) -> bool:
    """Whether the stretch wrote more than the journal can undo."""
    return 2 * int(book.journal[0]) + 1 > book.journal.size


@njit(void(BOOK), cache=True)
def undo(book: Book) -> None:
    """Restore every cell written since `open_journal`, last write first, to the very bits it held."""
    writes = min(int(book.journal[0]), (book.journal.size - 1) // 2)
    for write in range(writes - 1, -1, -1):
        book.cells[int(book.journal[1 + 2 * write])] = book.journal[2 + 2 * write]
    book.journal[0] = 0.0


@njit(boolean(BOOK, int64, int64, int64, int64, float64, int64), cache=True)
def move(book: Book, payer: int, payee: int, rollup: int, asset: int, amount: float, why: int) -> bool:
    """Move `amount` units of an asset on a rollup; False, and nothing moves, where the payer has less.

    Moving nothing succeeds. A negative or non-finite amount never moves. An open account, which stands for the rest of
    the world, may owe: its balance is what the market has taken from the world on net.
    """
    source = balance_cell(book, payer, rollup, asset)
    if not amount >= 0.0 or amount == np.inf:
        return False
    if book.cells[source] < amount and index(book, ACCOUNT, payer, A_OPEN) == 0:
        return False
    if amount == 0.0:
        return True
    sink = balance_cell(book, payee, rollup, asset)
    put(book, source, book.cells[source] - amount)
    put(book, sink, book.cells[sink] + amount)
    giver, taker = index(book, ACCOUNT, payer, A_GROUP), index(book, ACCOUNT, payee, A_GROUP)
    pair = giver * book.layout[GROUPS_AT] + taker
    flow = book.layout[3 * FLOWS] + (pair * book.layout[REASONS_AT] + why) * book.layout[ASSETS_AT] + asset
    put(book, flow, book.cells[flow] + amount)
    return True


@njit(float64(BOOK, int64, int64, int64, float64), cache=True)
def within(book: Book, account: int, rollup: int, asset: int, amount: float) -> float:
    """Return the amount, or what the account holds where that falls short of it by rounding only.

    Whoever pays its whole balance in two parts must not fail for the last bit of their sum.
    """
    held = book.cells[balance_cell(book, account, rollup, asset)]
    return held if held < amount <= held * (1.0 + 1e-12) else amount


@njit(boolean(BOOK, int64, int64, int64, int64, float64, int64), cache=True)
def settle(book: Book, payer: int, payee: int, rollup: int, asset: int, amount: float, why: int) -> bool:
    """Move outside of a block (a bid, a delivery of a bridge): a stretch of its own."""
    open_journal(book)
    return move(book, payer, payee, rollup, asset, amount, why)


def totals(tables: Tables) -> np.ndarray:
    """Total of each asset over all accounts and rollups: shape (assets,). Constant for the life of a market."""
    return tables.balance.sum(axis=(0, 1))


def endow(tables: Tables, account: int, rollup: int, asset: int, amount: float) -> None:
    """Give an account its starting funds. Only before the market opens: this is where assets come from."""
    tables.balance[account, rollup, asset] += amount
    group = int(tables.account[account, A_GROUP])
    tables.flows[group, group, Why.ENDOWMENT, asset] += amount


def endow_each(tables: Tables, accounts: np.ndarray, rollup: int, asset: int, amounts: np.ndarray) -> None:
    """Give accounts of one group their starting funds: `accounts` distinct, `amounts` of the same shape."""
    if not accounts.size:
        return
    tables.balance[accounts, rollup, asset] += amounts
    group = int(tables.account[accounts[0], A_GROUP])
    tables.flows[group, group, Why.ENDOWMENT, asset] += amounts.sum()


def who_paid_whom(tables: Tables, group_names: list[str], asset_names: tuple[str, ...]) -> list[dict[str, object]]:
    """Return the non-zero flows as records: payer, payee, reason, asset, amount [units of the asset]."""
    return [
        {
            "payer": group_names[giver],
            "payee": group_names[taker],
            "reason": Why(why).name.lower(),
            "asset": asset_names[asset],
            "amount": float(tables.flows[giver, taker, why, asset]),
        }
        for giver, taker, why, asset in np.argwhere(tables.flows)
    ]
