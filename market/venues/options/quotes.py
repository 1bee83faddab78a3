"""What a maker does: quote, take quotes back, and make all of them anew at once from a sheet.

A quote is a price for a number of options, and stays where it is while the underlying moves: whoever comes first, its
maker or a taker, decides what a stale one costs. A sheet says at which volatility and for how many options each side of
each series is quoted; one intent then makes the quotes of an expiry, or of the whole market, anew at a price of the
underlying.
"""

from __future__ import annotations

import numpy as np
from numba import int64, njit

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.store import STATE, State, cell, index
from market.venues.options.anew import make_anew
from market.venues.options.quoting import ASK, BID, drop, make, quote_of
from market.venues.options.rules import LARGEST, account_on, check_market, check_series, stands, whole_steps
from market.venues.options.tables import Expiry, OptionMarket, Quote

ALL = -1
"""Target of what concerns all series, or all expiries."""


@njit(int64(STATE, int64, int64), cache=True)
def _maker(state: State, market: int, sender: int) -> int:
    """Account of a sender that may quote on a market; -1 for none."""
    account = account_on(state, market, sender)
    first = index(state, OptionMarket.first_series, market)
    return account if account >= 0 and quote_of(state, account, first) >= 0 else -1


@njit(cache=True)
def quote(state: State, row: Row, time: float) -> int:
    """Bid (asset_in 0) or ask `limit` for `amount` options of a series, cut to whole steps, in place of what stood."""
    wrong = check_market(state, row)
    if wrong == Reason.NONE:
        wrong = check_series(state, row, row.target, time)
    if wrong != Reason.NONE:
        return wrong
    account, size = _maker(state, row.venue, row.sender), whole_steps(row.amount)
    if account < 0:
        return Reason.NOT_ALLOWED
    if size == 0.0 or size > LARGEST or not (row.limit > 0.0 and np.isfinite(row.limit)):
        return Reason.BAD_AMOUNT
    make(state, quote_of(state, account, row.target), BID if row.asset_in == 0 else ASK, row.limit, size)
    return Reason.NONE


@njit(cache=True)
def cancel(state: State, row: Row, time: float) -> int:
    """Take back the sender's quotes for a series, or for all."""
    if not stands(state, row.venue, row.rollup):
        return Reason.WRONG_VENUE
    first, count = index(state, OptionMarket.first_series, row.venue), index(state, OptionMarket.series, row.venue)
    last = first + count
    if row.target != ALL:
        if not first <= row.target < last:
            return Reason.WRONG_VENUE
        first, last = row.target, row.target + 1
    account = _maker(state, row.venue, row.sender)
    if account < 0:
        return Reason.NOT_ALLOWED
    for series in range(first, last):
        at = quote_of(state, account, series)
        drop(state, at, BID)
        drop(state, at, ASK)
    return Reason.NONE


@njit(cache=True)
def sheet(state: State, row: Row, time: float) -> int:
    """Write one's sheet: bids (asset_in 0) or asks of a series, or of all, at a volatility, for `amount` options.

    Nothing is quoted by that yet.
    """
    if not stands(state, row.venue, row.rollup):
        return Reason.WRONG_VENUE
    first, count = index(state, OptionMarket.first_series, row.venue), index(state, OptionMarket.series, row.venue)
    last = first + count
    if row.target != ALL:
        if not first <= row.target < last:
            return Reason.WRONG_VENUE
        first, last = row.target, row.target + 1
    account, size = _maker(state, row.venue, row.sender), whole_steps(row.amount)
    if account < 0:
        return Reason.NOT_ALLOWED
    # written so that a number that is not finite fails
    if not (0.0 <= size <= LARGEST and 0.0 < row.limit <= 1e3):
        return Reason.BAD_AMOUNT
    side = BID if row.asset_in == 0 else ASK
    for series in range(first, last):
        at = quote_of(state, account, series)
        put(state, cell(state, Quote.bid_volatility + side, at), row.limit)
        put(state, cell(state, Quote.bid_sheet + side, at), size)
    return Reason.NONE


@njit(cache=True)
def requote(state: State, row: Row, time: float) -> int:
    """Make the sender's quotes of an expiry, or of all, anew from its sheet, at a price `amount` of the underlying.

    `limit` is added to every volatility. A side without a sheet is taken back, and so is one that comes out worthless.
    """
    wrong = check_market(state, row)
    if wrong != Reason.NONE:
        return wrong
    first, count = index(state, OptionMarket.first_series, row.venue), index(state, OptionMarket.series, row.venue)
    if row.target != ALL:
        expiry = row.target - index(state, OptionMarket.first_expiry, row.venue)
        if not 0 <= expiry < index(state, OptionMarket.expiries, row.venue):
            return Reason.WRONG_VENUE
        first, count = index(state, Expiry.first_series, row.target), index(state, Expiry.series, row.target)
    account = _maker(state, row.venue, row.sender)
    if account < 0:
        return Reason.NOT_ALLOWED
    if not np.isfinite(row.limit):
        return Reason.BAD_AMOUNT
    make_anew(state, row.venue, first, count, quote_of(state, account, first), row.amount, row.limit, time)
    return Reason.NONE
