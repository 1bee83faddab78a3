"""What auctions have in common: a place for each, escrow, and who gets the proceeds.

An auction's number is its count on the market times the market's places, plus its place, so that a late intent never
meets another auction that has taken the place since. Each place has an account of its own: what it holds is exactly
the lot and the standing bid. A position whose market has no free place waits until one is.
"""

from __future__ import annotations

from numba import boolean, float64, int64, njit, types, void

from market.intents import Reason, Row
from market.ledger import Why, move, put, within
from market.state import (
    AUCTION,
    BOOK,
    D_FIRST,
    D_LOTS,
    D_OPEN,
    D_PENALTY,
    D_STARTED,
    L_ACCOUNT,
    L_BAD_DEBT,
    L_COLLATERAL,
    L_DEBT,
    LENDING,
    LOT,
    N_COLLATERAL,
    N_MARKET,
    POSITION,
    Q_ACCOUNT,
    Q_AMOUNT,
    Q_BID,
    Q_BID_AT,
    Q_BIDDER,
    Q_CLOSED_AT,
    Q_DEBT,
    Q_ID,
    Q_OPEN,
    Q_POSITION,
    Q_SEIZED_AT,
    Q_STARTED,
    Q_TAB,
    Q_TOP,
    Q_VENUE,
    Book,
    cell,
    get,
    index,
    length,
)
from market.venues.lending import health, in_grace, owed, price_ratio, set_position

OK, HEALTHY, GRACE = int(Reason.NONE), int(Reason.HEALTHY), int(Reason.GRACE)
WRONG_VENUE, NOT_ALLOWED, NO_LIQUIDITY = int(Reason.WRONG_VENUE), int(Reason.NOT_ALLOWED), int(Reason.NO_LIQUIDITY)
TO_LIQUIDATE, TO_SEIZE, TO_PENALTY = int(Why.LIQUIDATION), int(Why.SEIZURE), int(Why.PENALTY)
NOBODY = -1.0


@njit(void(BOOK, int64, int64, float64), cache=True)
def note(book: Book, lot: int, column: int, value: float) -> None:
    """Write a number of a lot."""
    put(book, cell(book, LOT, lot, column), value)


@njit(void(BOOK, int64, int64, float64), cache=True)
def count(book: Book, venue: int, column: int, change: float) -> None:
    """Change one of a market's counters."""
    where = cell(book, AUCTION, venue, column)
    put(book, where, book.cells[where] + change)


@njit(int64(BOOK, int64, int64), cache=True)
def lot_of(book: Book, venue: int, number: int) -> int:
    """Place of an open auction of a market by its number; -1 if there is none."""
    places = index(book, AUCTION, venue, D_LOTS)
    if number < 0 or places == 0:
        return -1
    lot = index(book, AUCTION, venue, D_FIRST) + number % places
    return lot if index(book, LOT, lot, Q_ID) == number and get(book, LOT, lot, Q_OPEN) > 0.0 else -1


@njit(int64(BOOK, int64, float64), cache=True)
def free(book: Book, venue: int, time: float) -> int:
    """First free place of a market, -1 for none; a place that was left in this block is free from the next one on."""
    first = index(book, AUCTION, venue, D_FIRST)
    for lot in range(first, first + index(book, AUCTION, venue, D_LOTS)):
        if get(book, LOT, lot, Q_OPEN) == 0.0 and get(book, LOT, lot, Q_CLOSED_AT) < time:
            return lot
    return -1


@njit(void(BOOK, int64, int64, float64, float64, float64, float64, float64), cache=True)
def open_lot(
    book: Book, lot: int, position: int, amount: float, debt: float, tab: float, top: float, time: float
) -> None:
    """Let an auction begin in a free place."""
    venue = index(book, LOT, lot, Q_VENUE)
    number = get(book, AUCTION, venue, D_STARTED) * get(book, AUCTION, venue, D_LOTS)
    note(book, lot, Q_ID, number + lot - get(book, AUCTION, venue, D_FIRST))
    note(book, lot, Q_OPEN, 1.0)
    note(book, lot, Q_POSITION, float(position))
    note(book, lot, Q_AMOUNT, amount)
    note(book, lot, Q_DEBT, debt)
    note(book, lot, Q_TAB, tab)
    note(book, lot, Q_TOP, top)
    note(book, lot, Q_STARTED, time)
    note(book, lot, Q_SEIZED_AT, time)
    note(book, lot, Q_BID, 0.0)
    note(book, lot, Q_BIDDER, NOBODY)
    note(book, lot, Q_BID_AT, time)
    count(book, venue, D_STARTED, 1.0)
    count(book, venue, D_OPEN, 1.0)


@njit(void(BOOK, int64, float64), cache=True)
def shut(book: Book, lot: int, time: float) -> None:
    """Leave a place; from the next block on it is free."""
    note(book, lot, Q_OPEN, 0.0)
    note(book, lot, Q_CLOSED_AT, time)
    count(book, index(book, LOT, lot, Q_VENUE), D_OPEN, -1.0)


@njit(cache=True)
def seize(book: Book, row: Row, time: float, buf: float) -> int:
    """Take the whole of an unhealthy position, collateral and debt, and put it up for auction; anybody may.

    The auction begins at `buf` times the oracle's price. The receipt says what is to be raised and what is for sale.
    """
    venue, position = row.venue, row.target
    if position < 0 or position >= length(book, POSITION) or index(book, POSITION, position, N_MARKET) != venue:
        return WRONG_VENUE
    if in_grace(book, row.rollup):
        return GRACE
    collateral, debt = get(book, POSITION, position, N_COLLATERAL), owed(book, position)
    ratio = price_ratio(book, venue)
    if not health(book, position) < 1.0 or collateral <= 0.0 or ratio <= 0.0:
        return HEALTHY
    lot = free(book, venue, time)
    if lot < 0:
        return NO_LIQUIDITY
    asset, market = index(book, LENDING, venue, L_COLLATERAL), index(book, LENDING, venue, L_ACCOUNT)
    collateral = within(book, market, row.rollup, asset, collateral)
    if not move(book, market, index(book, LOT, lot, Q_ACCOUNT), row.rollup, asset, collateral, TO_SEIZE):
        return NO_LIQUIDITY
    set_position(book, position, 0.0, 0.0)
    tab = debt * (1.0 + get(book, AUCTION, venue, D_PENALTY))
    open_lot(book, lot, position, collateral, debt, tab, buf * ratio, time)
    row.asset_in, row.asset_out = index(book, LENDING, venue, L_DEBT), asset
    return OK


@njit(float64(BOOK, int64, float64), cache=True)
def unpaid(book: Book, lot: int, tab: float) -> float:
    """Part of `tab`, still to be raised, that is debt and not penalty."""
    penalty = get(book, LOT, lot, Q_DEBT) * get(book, AUCTION, index(book, LOT, lot, Q_VENUE), D_PENALTY)
    return min(max(0.0, tab - penalty), get(book, LOT, lot, Q_DEBT))


@njit(types.Tuple((boolean, float64))(BOOK, int64, int64, int64, float64, float64), cache=True)
def pay_market(book: Book, lot: int, payer: int, rollup: int, amount: float, tab: float) -> tuple[bool, float]:
    """Pay the market towards `tab`, which is still to be raised: the debt first, then the penalty.

    Returns whether the payer could, and what is left of the tab.
    """
    venue = index(book, LOT, lot, Q_VENUE)
    market, asset = index(book, LENDING, venue, L_ACCOUNT), index(book, LENDING, venue, L_DEBT)
    debt = unpaid(book, lot, tab)
    first = min(amount, debt)
    if not move(book, payer, market, rollup, asset, first, TO_LIQUIDATE):
        return False, tab
    rest = within(book, payer, rollup, asset, amount - first)
    return move(book, payer, market, rollup, asset, rest, TO_PENALTY), tab - amount


@njit(void(BOOK, int64, float64, float64), cache=True)
def close(book: Book, lot: int, tab: float, time: float) -> None:
    """End an auction; debt that it has not raised is the market's loss."""
    venue = index(book, LOT, lot, Q_VENUE)
    lost = unpaid(book, lot, tab)
    if lost > 1e-12 * get(book, LOT, lot, Q_DEBT):
        where = cell(book, LENDING, venue, L_BAD_DEBT)
        put(book, where, book.cells[where] + lost)
    shut(book, lot, time)
