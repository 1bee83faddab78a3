"""What auctions have in common: a lot for each, escrow, and who gets the proceeds.

An auction's number is its count on the market times the market's lots, plus its lot, so that a late intent never
meets another auction that has taken the lot since. Each lot has an account of its own: what it holds is exactly
what is for sale and the standing bid. A position whose market has no free lot waits until one is.
"""

from __future__ import annotations

from numba import float64, int64, njit, void

from market.state.journal import put
from market.state.store import STATE, State, cell, get, index
from market.venues.liquidation.tables import Auction, Lot

NOBODY = -1.0


@njit(void(STATE, int64, int64, float64), cache=True)
def note(state: State, lot: int, column: int, value: float) -> None:
    """Write a number of a lot."""
    put(state, cell(state, column, lot), value)


@njit(void(STATE, int64, int64, float64), cache=True)
def count(state: State, auction: int, column: int, change: float) -> None:
    """Change one of a market's counters."""
    where = cell(state, column, auction)
    put(state, where, state.cells[where] + change)


@njit(int64(STATE, int64, int64), cache=True)
def lot_of(state: State, auction: int, number: int) -> int:
    """Lot of an open auction of a market, by its number; -1 if there is none."""
    lots = index(state, Auction.lots, auction)
    if number < 0 or lots == 0:
        return -1
    lot = index(state, Auction.first, auction) + number % lots
    return lot if index(state, Lot.id, lot) == number and get(state, Lot.open, lot) > 0.0 else -1


@njit(int64(STATE, int64, float64), cache=True)
def free(state: State, auction: int, time: float) -> int:
    """First free lot of a market, -1 for none; a lot that was left in this block is free from the next one on."""
    first = index(state, Auction.first, auction)
    for lot in range(first, first + index(state, Auction.lots, auction)):
        if get(state, Lot.open, lot) == 0.0 and get(state, Lot.closed_at, lot) < time:
            return lot
    return -1


@njit(void(STATE, int64, int64, float64, float64, float64, float64, float64), cache=True)
def open_lot(
    state: State, lot: int, position: int, amount: float, debt: float, tab: float, top: float, time: float
) -> None:
    """Let an auction begin in a free lot."""
    auction = index(state, Lot.auction, lot)
    number = get(state, Auction.started, auction) * get(state, Auction.lots, auction)
    note(state, lot, Lot.id, number + lot - get(state, Auction.first, auction))
    note(state, lot, Lot.open, 1.0)
    note(state, lot, Lot.position, float(position))
    note(state, lot, Lot.amount, amount)
    note(state, lot, Lot.debt, debt)
    note(state, lot, Lot.tab, tab)
    note(state, lot, Lot.top, top)
    note(state, lot, Lot.started, time)
    note(state, lot, Lot.seized_at, time)
    note(state, lot, Lot.bid, 0.0)
    note(state, lot, Lot.bidder, NOBODY)
    note(state, lot, Lot.bid_at, time)
    count(state, auction, Auction.started, 1.0)
    count(state, auction, Auction.open, 1.0)


@njit(void(STATE, int64, float64), cache=True)
def shut(state: State, lot: int, time: float) -> None:
    """Leave a lot; from the next block on it is free."""
    note(state, lot, Lot.open, 0.0)
    note(state, lot, Lot.closed_at, time)
    count(state, index(state, Lot.auction, lot), Auction.open, -1.0)
