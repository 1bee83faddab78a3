"""Starting and resetting auctions, by whichever design a market has."""

from __future__ import annotations

from numba import njit

from market.intents import Reason, Row
from market.state import AUCTION, D_DESIGN, L_ROLLUP, LENDING, Book, index, length
from market.venues.liquidations import DUTCH, ENGLISH, dutch, english
from market.venues.liquidations._lots import lot_of

WRONG_VENUE, NOT_ALLOWED, CLOSED = int(Reason.WRONG_VENUE), int(Reason.NOT_ALLOWED), int(Reason.CLOSED)


@njit(cache=True)
def start(book: Book, row: Row, time: float) -> int:
    """Put an unhealthy position up for auction."""
    if row.venue < 0 or row.venue >= length(book, LENDING) or index(book, LENDING, row.venue, L_ROLLUP) != row.rollup:
        return WRONG_VENUE
    design = index(book, AUCTION, row.venue, D_DESIGN)
    if design == DUTCH:
        return dutch.start(book, row, time)
    if design == ENGLISH:
        return english.start(book, row, time)
    return NOT_ALLOWED


@njit(cache=True)
def reset(book: Book, row: Row, time: float) -> int:
    """Let an auction that has failed begin again."""
    if row.venue < 0 or row.venue >= length(book, LENDING) or index(book, LENDING, row.venue, L_ROLLUP) != row.rollup:
        return WRONG_VENUE
    lot = lot_of(book, row.venue, row.target)
    if lot < 0:
        return CLOSED
    if index(book, AUCTION, row.venue, D_DESIGN) == DUTCH:
        return dutch.reset(book, row, lot, time)
    return english.reset(book, row, lot, time)
