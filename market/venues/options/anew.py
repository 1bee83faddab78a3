"""A maker's quotes made anew from its sheet, at a price of the underlying: all of its series in one pass.

Makers quote at the same price and volatility, and all of them in every block. What a side of a series is worth is
therefore worked out for the first of them and found by the others.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64, types, void

from market.kernel.compiled import kernel_of
from market.state.journal import put, put_next, writes_of
from market.state.store import STATE, State, cell, get, number, place, start_of
from market.venues.options.instrument import value_at
from market.venues.options.quoting import drop, make_next
from market.venues.options.tables import Expiry, Option, OptionMarket, Quote, SheetValue


@kernel_of(types.Tuple((int64, float64))(STATE, int64, int64, int64, float64, float64, float64), inlined=True)
def _worth(
    state: State, writes: int, series: int, side: int, price: float, volatility: float, time: float
) -> tuple[int, float]:
    """Return how many writes there are, and what a series is worth, as found or as worked out and noted [USD]."""
    start, option = start_of(state, SheetValue.price, 2 * series + side), start_of(state, Option.expires, series)
    expires = number(state, option, Option.expires)
    summed = get(state, Expiry.summed, int(number(state, option, Option.expiry)))
    if (
        number(state, start, SheetValue.volatility) == volatility
        and number(state, start, SheetValue.price) == price
        and number(state, start, SheetValue.time) == time
        and number(state, start, SheetValue.expires) == expires
        and number(state, start, SheetValue.summed) == summed
    ):
        return writes, number(state, start, SheetValue.worth)
    worth = value_at(state, series, price, volatility, time)
    writes = put_next(state, writes, place(start, SheetValue.volatility), volatility)
    writes = put_next(state, writes, place(start, SheetValue.price), price)
    writes = put_next(state, writes, place(start, SheetValue.time), time)
    writes = put_next(state, writes, place(start, SheetValue.expires), expires)
    writes = put_next(state, writes, place(start, SheetValue.summed), summed)
    return put_next(state, writes, place(start, SheetValue.worth), worth), worth


@kernel_of(void(STATE, int64, int64, int64, int64, float64, float64, float64))
def make_anew(
    state: State, market: int, first: int, count: int, own: int, price: float, shift: float, time: float
) -> None:
    """Make a maker's quotes for `count` series anew, from the series `first` and its quote `own` for that on.

    A side without a sheet is dropped, and so is one that comes out worthless. What has expired stays as it is.

    Parameters
    ----------
    state
        the market
    market
        which of options
    first, count, own
        series, and the maker's quote for the first of them
    price
        of the underlying [USD]
    shift
        added to every volatility [1/sqrt(year)]
    time
        when [s]
    """
    last = cell(state, OptionMarket.turn, market)
    turn, writes = state.cells[last], writes_of(state)
    for at in range(count):
        if not time < get(state, Option.expires, first + at):
            continue
        sheet = start_of(state, Quote.bid_sheet, own + at)
        for side in range(2):
            size = number(state, sheet, Quote.bid_sheet + side)
            volatility, worth = number(state, sheet, Quote.bid_volatility + side) + shift, 0.0
            if size > 0.0:
                writes, worth = _worth(state, writes, first + at, side, price, max(volatility, 0.0), time)
            if worth > 0.0 and volatility > 0.0 and np.isfinite(worth):
                turn += 1.0
                writes = make_next(state, writes, first + at, own + at, side, worth, size, turn)
            else:
                state.journal[0] = writes
                drop(state, own + at, side)
                writes = writes_of(state)
    state.journal[0] = writes
    if state.cells[last] != turn:
        put(state, last, turn)
