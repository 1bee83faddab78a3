"""Which quotes stand: the best of a series, and what becomes of one that is made, taken or dropped."""

from __future__ import annotations

from typing import Any

from numba import boolean, float64, int64, njit, void

from market.state.journal import put
from market.state.store import STATE, State, cell, get, index
from market.venues.options.tables import Option, OptionAccount, OptionMarket, Quote

BID, ASK = 0, 1
"""Sides of a quote; of each pair of columns the ask's stands behind the bid's."""


@njit(int64(STATE, int64, int64), cache=True)
def quote_of(state: State, account: int, series: int) -> int:
    """Row of an account's quote for a series of its market; -1 where it may not quote."""
    quotes, market = index(state, OptionAccount.quotes, account), index(state, OptionAccount.market, account)
    return quotes + series - index(state, OptionMarket.first_series, market) if quotes >= 0 else -1


@njit(boolean(STATE, int64, int64, int64), cache=True)
def _before(state: State, quote: int, other: int, side: int) -> bool:
    """Whether a quote has precedence over another: by price, and of equal prices by which was made first."""
    price, rival = get(state, Quote.bid + side, quote), get(state, Quote.bid + side, other)
    if price != rival:
        return price > rival if side == BID else price < rival
    return get(state, Quote.bid_turn + side, quote) < get(state, Quote.bid_turn + side, other)


@njit(int64(STATE, int64, int64, int64), cache=True)
def best(state: State, series: int, side: int, taker: int) -> int:
    """Return the best quote for a series on a side that is not `taker`'s own (-1: whosever); -1 where there is none."""
    market: Any = index(state, Option.market, series)
    count = index(state, OptionMarket.series, market)
    first = index(state, OptionMarket.first_quote, market) + series - index(state, OptionMarket.first_series, market)
    found: Any = -1
    for maker in range(index(state, OptionMarket.makers, market)):
        quote = first + maker * count
        if get(state, Quote.bid_size + side, quote) == 0.0 or index(state, Quote.account, quote) == taker:
            continue
        if found < 0 or _before(state, quote, found, side):
            found = quote
    return found


@njit(void(STATE, int64, float64), cache=True)
def _write(state: State, where: int, value: float) -> None:
    """Write a cell if it holds something else: what stays the same takes no room in the journal."""
    if state.cells[where] != value:
        put(state, where, value)


@njit(void(STATE, int64, int64, int64), cache=True)
def _show_as_best(state: State, series: int, side: int, quote: int) -> None:
    """Write a quote (-1: none) into the row of its series as the best of a side."""
    price = get(state, Quote.bid + side, quote) if quote >= 0 else 0.0
    size = get(state, Quote.bid_size + side, quote) if quote >= 0 else 0.0
    _write(state, cell(state, Option.bid + side, series), price)
    _write(state, cell(state, Option.bid_size + side, series), size)
    _write(state, cell(state, Option.bidder + side, series), float(quote))


@njit(void(STATE, int64, int64), cache=True)
def show(state: State, series: int, side: int) -> None:
    """Write the best quote of a side into the row of its series."""
    _show_as_best(state, series, side, best(state, series, side, -1))


@njit(void(STATE, int64, int64, float64, float64), cache=True)
def make(state: State, quote: int, side: int, price: float, size: float) -> None:
    """Replace a side of a quote; it goes behind all others at its price.

    Only where the best quote has not got better by it are all of them looked at again.
    """
    series = index(state, Quote.series, quote)
    market = index(state, Option.market, series)
    turn = get(state, OptionMarket.turn, market) + 1.0
    before = get(state, Quote.bid + side, quote)
    put(state, cell(state, OptionMarket.turn, market), turn)
    put(state, cell(state, Quote.bid_turn + side, quote), turn)
    _write(state, cell(state, Quote.bid + side, quote), price)
    _write(state, cell(state, Quote.bid_size + side, quote), size)
    leads = index(state, Option.bidder + side, series)
    if leads == quote:
        if price > before if side == BID else price < before:
            _show_as_best(state, series, side, quote)
        else:
            show(state, series, side)
    elif leads < 0 or _before(state, quote, leads, side):
        _show_as_best(state, series, side, quote)


@njit(void(STATE, int64, int64), cache=True)
def drop(state: State, quote: int, side: int) -> None:
    """Take a side of a quote out."""
    if get(state, Quote.bid_size + side, quote) != 0.0:
        put(state, cell(state, Quote.bid_size + side, quote), 0.0)
        show(state, index(state, Quote.series, quote), side)


@njit(void(STATE, int64, int64, float64), cache=True)
def shrink(state: State, quote: int, side: int, size: float) -> None:
    """Take off a side of a quote what was traded on it, and note that for its maker."""
    left = get(state, Quote.bid_size + side, quote) - size
    traded, premium = get(state, Quote.bid_traded + side, quote), get(state, Quote.bid_premium + side, quote)
    put(state, cell(state, Quote.bid_traded + side, quote), traded + size)
    put(state, cell(state, Quote.bid_premium + side, quote), premium + size * get(state, Quote.bid + side, quote))
    put(state, cell(state, Quote.bid_size + side, quote), left)
    show(state, index(state, Quote.series, quote), side)
