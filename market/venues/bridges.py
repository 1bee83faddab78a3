"""Bridges: funds leave one rollup at inclusion and arrive on the other after a delay while it has funds there."""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents import Reason, Row
from market.ledger import Why, move, open_journal, put, within
from market.state import (
    B_ACCOUNT,
    B_FEE,
    B_PROMISED,
    B_SOURCE,
    B_TARGET,
    BRIDGE,
    Book,
    assets,
    balance,
    cell,
    get,
    index,
    length,
)

OK = int(Reason.NONE)
BAD_AMOUNT = int(Reason.BAD_AMOUNT)
POOR = int(Reason.INSUFFICIENT_BALANCE)
WRONG_VENUE = int(Reason.WRONG_VENUE)
EXHAUSTED = int(Reason.BRIDGE_EXHAUSTED)
TO_BRIDGE, TO_FEE = int(Why.BRIDGE), int(Why.BRIDGE_FEE)


@njit(cache=True)
def other_end(book: Book, bridge: int, direction: int) -> int:
    """Rollup that a bridge leads to in direction 0 (from its source) or 1 (from its target)."""
    return index(book, BRIDGE, bridge, B_TARGET if direction == 0 else B_SOURCE)


@njit(cache=True)
def promised_cell(book: Book, bridge: int, direction: int, asset: int) -> int:
    """Where the amount promised and not yet delivered stands."""
    return cell(book, BRIDGE, bridge, B_PROMISED + direction * assets(book) + asset)


@njit(cache=True)
def send(book: Book, row: Row) -> int:
    """Hand funds to the bridge on this rollup against a promise on the other.

    The bridge promises no more than it holds at the other end and has not promised yet. The fee stays with it.
    """
    bridge, asset = row.venue, row.asset_in
    if bridge < 0 or bridge >= length(book, BRIDGE) or asset < 0 or asset >= assets(book):
        return WRONG_VENUE
    from_source = row.rollup == index(book, BRIDGE, bridge, B_SOURCE)
    if not from_source and row.rollup != index(book, BRIDGE, bridge, B_TARGET):
        return WRONG_VENUE
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return BAD_AMOUNT
    direction = 0 if from_source else 1
    account = index(book, BRIDGE, bridge, B_ACCOUNT)
    fee = row.amount * get(book, BRIDGE, bridge, B_FEE)
    where = promised_cell(book, bridge, direction, asset)
    if balance(book, account, other_end(book, bridge, direction), asset) - book.cells[where] < row.amount - fee:
        return EXHAUSTED
    if not move(book, row.sender, account, row.rollup, asset, fee, TO_FEE):
        return POOR
    passed = within(book, row.sender, row.rollup, asset, row.amount - fee)
    if not move(book, row.sender, account, row.rollup, asset, passed, TO_BRIDGE):
        return POOR
    put(book, where, book.cells[where] + passed)
    row.filled_in = row.amount
    row.filled_out = passed
    return OK


@njit(cache=True)
def deliver(book: Book, bridge: int, direction: int, asset: int, account: int, amount: float) -> bool:
    """Keep a promise that has come due. False would mean that the bridge broke it, which `send` rules out."""
    open_journal(book)
    where = promised_cell(book, bridge, direction, asset)
    put(book, where, max(0.0, book.cells[where] - amount))
    holder = index(book, BRIDGE, bridge, B_ACCOUNT)
    rollup = other_end(book, bridge, direction)
    # sums of promises round: the last cent of a promise may exceed what the bridge holds by rounding only
    return move(book, holder, account, rollup, asset, within(book, holder, rollup, asset, amount), TO_BRIDGE)
