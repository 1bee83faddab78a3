"""Volatilities that options are marked at, where makers' quotes say them: what the mid of the best two implies.

A series keeps the volatility it had as long as one of its sides has no quote, the best two cross, or their mid is no
price that an option can have.
"""

from __future__ import annotations

from numba import int64, njit, void

from market.pricing.averaged import printed_years
from market.pricing.implied import implied
from market.settings import YEAR_S
from market.state.store import STATE, State, cell, get, index
from market.venues.options.instrument import price_of
from market.venues.options.tables import Expiry, Option, OptionMarket


@njit(void(STATE, int64), cache=True)
def review(state: State, market: int) -> None:
    """Set the volatilities of a market's series to what their quotes imply. Not journalled: time is nobody's intent."""
    price, now = price_of(state, market), get(state, OptionMarket.now, market)
    first = index(state, OptionMarket.first_series, market)
    for series in range(first, first + index(state, OptionMarket.series, market)):
        bid, ask = get(state, Option.bid, series), get(state, Option.ask, series)
        printed = get(state, Expiry.printed, index(state, Option.expiry, series))
        if not 0.0 < bid <= ask or printed > 0.0 or now >= get(state, Option.expires, series):
            continue
        prints, spacing = get(state, OptionMarket.prints, market), get(state, OptionMarket.spacing, market)
        opens = max(get(state, Option.expires, series) - (prints - 1.0) * spacing - now, 0.0)
        years = printed_years(opens, spacing, int(prints)) / YEAR_S
        strike, call = get(state, Option.strike, series), get(state, Option.call, series) == 1.0
        volatility, _ = implied(0.5 * (bid + ask), price, strike, years, 0.0, 0.0, call)
        if volatility > 0.0:  # not a number where none is implied
            state.cells[cell(state, Option.volatility, series)] = volatility
    state.cells[cell(state, OptionMarket.reviewed_at, market)] = now
