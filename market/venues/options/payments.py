"""What an option brings at its expiry."""

from __future__ import annotations

from numba import boolean, float64, int64, njit

from market.state.store import STATE, State, get, index
from market.venues.options.instrument import payoff
from market.venues.options.rules import position_of
from market.venues.options.tables import Expiry, Option, OptionMarket, Position


@njit(boolean(STATE, int64), cache=True)
def by_holders(state: State, market: int) -> bool:
    """Whether holders have to exercise."""
    return get(state, OptionMarket.exercise, market) >= 0.0


@njit(float64(STATE, int64, int64), cache=True)
def payment_of(state: State, account: int, series: int) -> float:
    """What an account receives at expiry for what it holds of a series; below 0: what it pays [USD]."""
    position, market = position_of(state, account, series), index(state, Option.market, series)
    size = get(state, Position.quantity, position)
    if size == 0.0:
        return 0.0
    fixed = get(state, Expiry.fixed, index(state, Option.expiry, series))
    unit = payoff(fixed, get(state, Option.strike, series), get(state, Option.call, series))
    if not by_holders(state, market):
        return size * unit
    if size > 0.0:
        return get(state, Position.exercised, position) * unit
    return size * unit * get(state, Option.exercised, series) / get(state, Option.open, series)
