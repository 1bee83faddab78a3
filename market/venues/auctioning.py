"""What one does in an auction, by whichever design a market has and whatever it sells.

Auctions are named by rows of the table of auctions: lending markets come first, perpetuals behind them.
"""

from __future__ import annotations

from numba import njit

from market.intents import Reason, Row
from market.state import (
    AUCTION,
    D_DESIGN,
    L_ROLLUP,
    LENDING,
    M_ROLLUP,
    PERPETUAL,
    Book,
    index,
    length,
)
from market.venues.liquidations import DUTCH, ENGLISH, _contracts, _dutch_contracts, _english_contracts, dutch, english
from market.venues.liquidations._lots import lot_of

OK, ANY = int(Reason.NONE), 0
WRONG_VENUE, NOT_ALLOWED, CLOSED = int(Reason.WRONG_VENUE), int(Reason.NOT_ALLOWED), int(Reason.CLOSED)


@njit(cache=True)
def _check(book: Book, row: Row, design: int) -> int:
    """Whether an intent names a row of the table of auctions on its rollup that auctions by a design (0: by any)."""
    venue, loans = row.venue, length(book, LENDING)
    if venue < 0 or venue >= loans + length(book, PERPETUAL):
        return WRONG_VENUE
    home = index(book, LENDING, venue, L_ROLLUP) if venue < loans else index(book, PERPETUAL, venue - loans, M_ROLLUP)
    if home != row.rollup:
        return WRONG_VENUE
    has = index(book, AUCTION, venue, D_DESIGN)
    return OK if (has == design if design else has in (DUTCH, ENGLISH)) else NOT_ALLOWED


@njit(cache=True)
def start(book: Book, row: Row, time: float) -> int:
    """Put an unhealthy position, or a contract under its maintenance margin, up for auction."""
    wrong = _check(book, row, ANY)
    if wrong != OK:
        return wrong
    if row.venue >= length(book, LENDING):
        return _contracts.seize(book, row, time)
    falls = index(book, AUCTION, row.venue, D_DESIGN) == DUTCH
    return dutch.start(book, row, time) if falls else english.start(book, row, time)


@njit(cache=True)
def take(book: Book, row: Row, time: float) -> int:
    """Take from a Dutch lot."""
    wrong = _check(book, row, DUTCH)
    if wrong != OK:
        return wrong
    loan = row.venue < length(book, LENDING)
    return dutch.take(book, row, time) if loan else _dutch_contracts.take(book, row, time)


@njit(cache=True)
def bid(book: Book, row: Row, time: float) -> int:
    """Bid for an English lot."""
    wrong = _check(book, row, ENGLISH)
    if wrong != OK:
        return wrong
    loan = row.venue < length(book, LENDING)
    return english.bid(book, row, time) if loan else _english_contracts.bid(book, row, time)


@njit(cache=True)
def settle(book: Book, row: Row, time: float) -> int:
    """Settle an English auction that has ended."""
    wrong = _check(book, row, ENGLISH)
    if wrong != OK:
        return wrong
    loan = row.venue < length(book, LENDING)
    return english.settle(book, row, time) if loan else _english_contracts.settle(book, row, time)


@njit(cache=True)
def reset(book: Book, row: Row, time: float) -> int:
    """Let an auction that has failed begin again, or close what it could not sell."""
    wrong = _check(book, row, ANY)
    if wrong != OK:
        return wrong
    lot = lot_of(book, row.venue, row.target)
    if lot < 0:
        return CLOSED
    falls = index(book, AUCTION, row.venue, D_DESIGN) == DUTCH
    if row.venue >= length(book, LENDING):
        return _dutch_contracts.reset(book, row, lot, time) if falls else _english_contracts.reset(book, row, lot, time)
    return dutch.reset(book, row, lot, time) if falls else english.reset(book, row, lot, time)
