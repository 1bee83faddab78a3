"""What one does in an auction of contracts, by whichever design its market has."""

from __future__ import annotations

from numba import njit

from market.intents.rows import Reason, Row
from market.state.store import State, index, length
from market.venues.liquidation.design import DUTCH, ENGLISH
from market.venues.liquidation.lots import lot_of
from market.venues.liquidation.tables import Auction
from market.venues.perpetuals import dutch, english
from market.venues.perpetuals.lots import auction_of, seize
from market.venues.perpetuals.tables import Perpetual

ANY = 0


@njit(cache=True)
def _check(state: State, row: Row, design: int) -> int:
    """Whether an intent names a market on its rollup that auctions by a design (0: by any)."""
    market = row.venue
    if market < 0 or market >= length(state, Perpetual.rollup) or index(state, Perpetual.rollup, market) != row.rollup:
        return Reason.WRONG_VENUE
    has = index(state, Auction.design, auction_of(state, market))
    return Reason.NONE if (has == design if design else has in (DUTCH, ENGLISH)) else Reason.NOT_ALLOWED


@njit(cache=True)
def start(state: State, row: Row, time: float) -> int:
    """Put a contract under its maintenance margin up for auction."""
    wrong = _check(state, row, ANY)
    if wrong != Reason.NONE:
        return wrong
    return seize(state, row, time)


@njit(cache=True)
def take(state: State, row: Row, time: float) -> int:
    """Take from a Dutch lot."""
    wrong = _check(state, row, DUTCH)
    return wrong if wrong != Reason.NONE else dutch.take(state, row, time)


@njit(cache=True)
def bid(state: State, row: Row, time: float) -> int:
    """Bid for an English lot."""
    wrong = _check(state, row, ENGLISH)
    return wrong if wrong != Reason.NONE else english.bid(state, row, time)


@njit(cache=True)
def settle(state: State, row: Row, time: float) -> int:
    """Settle an English auction that has ended."""
    wrong = _check(state, row, ENGLISH)
    return wrong if wrong != Reason.NONE else english.settle(state, row, time)


@njit(cache=True)
def reset(state: State, row: Row, time: float) -> int:
    """Let an auction that has failed begin again, or close what it could not sell."""
    wrong = _check(state, row, ANY)
    if wrong != Reason.NONE:
        return wrong
    auction = auction_of(state, row.venue)
    lot = lot_of(state, auction, row.target)
    if lot < 0:
        return Reason.CLOSED
    falls = index(state, Auction.design, auction) == DUTCH
    return dutch.reset(state, row, lot, time) if falls else english.reset(state, row, lot, time)
