"""Which quotes stand: the best of a series, and what becomes of one that is made, taken or dropped.

Makers replace hundreds of quotes at once. So what they call looks a row up once (`start_of`) and hands the number of
writes from function to function (`market.state.journal.put_next`), and counts no references to the state's arrays.
"""

from __future__ import annotations

from typing import Any

from numba import boolean, float64, int64, njit, void

from market.kernel.compiled import kernel_of
from market.state.journal import change_next, put, put_next, writes_of
from market.state.store import STATE, State, cell, get, index, number, place, start_of, width
from market.venues.options.tables import Option, OptionAccount, OptionMarket, Quote

BID, ASK = 0, 1
"""Sides of a quote; of each pair of columns the ask's stands behind the bid's."""


@njit(int64(STATE, int64, int64), cache=True)
def quote_of(state: State, account: int, series: int) -> int:
    """Row of an account's quote for a series of its market; -1 where it may not quote."""
    quotes, market = index(state, OptionAccount.quotes, account), index(state, OptionAccount.market, account)
    return quotes + series - index(state, OptionMarket.first_series, market) if quotes >= 0 else -1


@kernel_of(boolean(float64, float64, int64))
def _is_better(price: float, rival: float, side: int) -> bool:
    """Whether a price is better for whoever takes it than another one of the same side."""
    return price > rival if side == BID else price < rival


@kernel_of(int64(STATE, int64, int64, int64))
def best(state: State, series: int, side: int, taker: int) -> int:
    """Return the best quote for a series on a side that is not `taker`'s own (-1: whosever); -1 where there is none.

    Of equal prices the one that was made first has precedence.
    """
    market: Any = index(state, Option.market, series)
    count = index(state, OptionMarket.series, market)
    quote = index(state, OptionMarket.first_quote, market) + series - index(state, OptionMarket.first_series, market)
    start, step = start_of(state, Quote.bid, quote), count * width(state, Quote.bid)
    found: Any = -1
    price, turn = 0.0, 0.0
    for _ in range(index(state, OptionMarket.makers, market)):
        if number(state, start, Quote.bid_size + side) != 0.0 and number(state, start, Quote.account) != taker:
            offered, made = number(state, start, Quote.bid + side), number(state, start, Quote.bid_turn + side)
            if found < 0 or _is_better(offered, price, side) or (offered == price and made < turn):
                found, price, turn = quote, offered, made
        quote += count
        start += step
    return found


@kernel_of(int64(STATE, int64, int64, int64, int64), inlined=True)
def _show_as_best(state: State, writes: int, series: int, side: int, quote: int) -> int:
    """Write a quote (-1: none) into the row of its series as the best of a side; returns how many writes there are."""
    price = get(state, Quote.bid + side, quote) if quote >= 0 else 0.0
    size = get(state, Quote.bid_size + side, quote) if quote >= 0 else 0.0
    option = start_of(state, Option.bid, series)
    writes = change_next(state, writes, place(option, Option.bid + side), price)
    writes = change_next(state, writes, place(option, Option.bid_size + side), size)
    return change_next(state, writes, place(option, Option.bidder + side), float(quote))


@kernel_of(void(STATE, int64, int64))
def show(state: State, series: int, side: int) -> None:
    """Write the best quote of a side into the row of its series."""
    state.journal[0] = _show_as_best(state, writes_of(state), series, side, best(state, series, side, -1))


@kernel_of(int64(STATE, int64, int64, int64, int64, float64, float64, float64), inlined=True)
def make_next(
    state: State, writes: int, series: int, quote: int, side: int, price: float, size: float, turn: float
) -> int:
    """Replace a side of a quote for a series; returns how many writes there are.

    Its number `turn` is the highest so far: it goes behind all others at its price. Only where the best quote has not
    got better by it are all of them looked at again.
    """
    start, option = start_of(state, Quote.bid, quote), start_of(state, Option.bid, series)
    before = number(state, start, Quote.bid + side)
    writes = put_next(state, writes, place(start, Quote.bid_turn + side), turn)
    writes = change_next(state, writes, place(start, Quote.bid + side), price)
    writes = change_next(state, writes, place(start, Quote.bid_size + side), size)
    leads = int(number(state, option, Option.bidder + side))
    if leads >= 0:
        rival = before if leads == quote else number(state, option, Option.bid + side)
        if not _is_better(price, rival, side):
            if leads != quote:
                return writes
            return _show_as_best(state, writes, series, side, best(state, series, side, -1))
    return _show_as_best(state, writes, series, side, quote)


@kernel_of(void(STATE, int64, int64, float64, float64))
def make(state: State, quote: int, side: int, price: float, size: float) -> None:
    """Replace a side of a quote; it goes behind all others at its price."""
    series = index(state, Quote.series, quote)
    last = cell(state, OptionMarket.turn, index(state, Option.market, series))
    turn = state.cells[last] + 1.0
    put(state, last, turn)
    state.journal[0] = make_next(state, writes_of(state), series, quote, side, price, size, turn)


@kernel_of(void(STATE, int64, int64))
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
