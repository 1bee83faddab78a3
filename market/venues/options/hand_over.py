"""Handing over part of a margin account to somebody, at marks: options and perpetuals, on all of its rollups."""

from __future__ import annotations

from numba import float64, int64, njit, types

from market.state.store import STATE, State, get, index
from market.state.tables import Instrument
from market.venues.options.covering import exposed
from market.venues.options.instrument import mark
from market.venues.options.joint import OPTIONS
from market.venues.options.rules import account_on, position_of, shift, whole_steps
from market.venues.options.tables import OptionAccount, OptionMarket
from market.venues.perpetuals.instrument import PERPETUALS
from market.venues.perpetuals.instrument import price_of as contract_price
from market.venues.perpetuals.lots import own_contract
from market.venues.perpetuals.rules import exchange
from market.venues.perpetuals.tables import Contract


@njit(types.UniTuple(float64, 2)(STATE, int64, int64, float64), cache=True)
def _hand_over_options(state: State, account: int, own: int, part: float) -> tuple[float, float]:
    """Move a part of every option of an account at its mark; returns the value moved and that of all [USD]."""
    market, moved, value = index(state, OptionAccount.market, account), 0.0, 0.0
    first = index(state, OptionMarket.first_series, market)
    for series in range(first, first + index(state, OptionMarket.series, market)):
        size = exposed(state, position_of(state, account, series))
        change = size if part == 1.0 else whole_steps(size * part)
        price = mark(state, series) if size != 0.0 else 0.0
        if change != 0.0:
            shift(state, own, series, change, price)
            shift(state, account, series, -change, price)
        moved += abs(change) * price
        value += abs(size) * price
    return moved, value


@njit(types.UniTuple(float64, 2)(STATE, int64, int64, float64), cache=True)
def hand_over(state: State, account: int, own: int, part: float) -> tuple[float, float]:
    """Move a part of every position at its mark; returns the value moved and that of all [USD], -1 where one cannot."""
    moved, value = 0.0, 0.0
    at, owner = index(state, OptionAccount.instrument, account), index(state, OptionAccount.owner, own)
    last = at
    while True:
        row = index(state, Instrument.row, at)
        if index(state, Instrument.venue, at) == OPTIONS:
            taker = account_on(state, index(state, OptionAccount.market, row), owner)
            if taker < 0:
                return -1.0, -1.0
            more, all_of_it = _hand_over_options(state, row, taker, part)
            moved += more
            value += all_of_it
        elif index(state, Instrument.venue, at) == PERPETUALS and get(state, Contract.quantity, row) != 0.0:
            perpetual = index(state, Contract.market, row)
            taker, price = own_contract(state, owner, perpetual), contract_price(state, perpetual)
            if taker < 0:
                return -1.0, -1.0
            size = get(state, Contract.quantity, row)
            change = size if part == 1.0 else whole_steps(size * part)
            exchange(state, taker, row, change, price)
            moved += abs(change) * price
            value += abs(size) * price
        at = index(state, Instrument.next, at)
        if at == last:
            return moved, value
