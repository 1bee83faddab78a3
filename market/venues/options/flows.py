"""What intents on options take from their senders, told beforehand."""

from __future__ import annotations

from numba import float64, int64, njit

from market.intents.rows import Row
from market.state.store import STATE, State, get, index, length
from market.venues.options.instrument import mark
from market.venues.options.quoting import ASK, BID
from market.venues.options.rules import whole_steps
from market.venues.options.tables import Option, OptionMarket, Quote


@njit(cache=True)
def margin(state: State, row: Row) -> tuple[int, float]:
    """Money that is paid in as margin [USD]."""
    return 0, row.amount


@njit(cache=True)
def cover(state: State, row: Row) -> tuple[int, float]:
    """Underlying that covers calls, cut to whole steps [units of the asset]; nothing where there is no such market."""
    if not 0 <= row.venue < length(state, OptionMarket.asset):
        return 0, 0.0
    return index(state, OptionMarket.asset, row.venue), whole_steps(row.amount)


@njit(cache=True)
def amount_named(state: State, row: Row) -> float:
    """Margin that is paid in, taken out or put up [USD]."""
    return row.amount


@njit(float64(STATE, int64, float64), cache=True)
def _worth(state: State, series: int, amount: float) -> float:
    """Value of options at their mark [USD]."""
    return amount * mark(state, series)


@njit(cache=True)
def trade_named(state: State, row: Row) -> float:
    """Value of the options that a trade names, at their mark [USD]; no cap where there is no such series."""
    return _worth(state, row.target, row.amount) if 0 <= row.target < length(state, Option.strike) else -1.0


@njit(cache=True)
def take_named(state: State, row: Row) -> float:
    """Value of what is to be taken on a quote, at its price [USD]; no cap where there is no such quote."""
    if not 0 <= row.target < length(state, Quote.series):
        return -1.0
    return row.amount * get(state, Quote.bid + (ASK if row.asset_in == 0 else BID), row.target)


@njit(cache=True)
def trade_filled(state: State, row: Row) -> float:
    """Premium that was paid, whichever way [USD]."""
    return row.filled_in


@njit(cache=True)
def account_taken(state: State, row: Row) -> float:
    """Value of the positions that were taken over or closed [USD]."""
    return row.filled_in
