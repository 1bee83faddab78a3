"""Closing an insolvent account that nobody takes against those who hold the other side of its positions.

First the insurance fund and the security module pay what they have. What is missing then is shared out over the
positions by value; each is closed at a price at which the account has nothing left, against whom the market's rule
names (`market.venues.liquidation.deleveraging`): the other accounts of the series, and of a perpetual that shares
margin, its contracts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float64, int64, njit, types, void

from market.intents.rows import Reason, Row
from market.state.journal import full, put
from market.state.store import STATE, State, cell, get, index
from market.state.tables import Instrument
from market.venues.liquidation.deleveraging import OTHER, allotted
from market.venues.options.auctions import check, funds_of, pay_in, payment_after, stop
from market.venues.options.covering import exposed
from market.venues.options.instrument import mark
from market.venues.options.joint import OPTIONS
from market.venues.options.rules import STEP, margin_of, position_of, set_cash, shift
from market.venues.options.tables import OptionAccount, OptionMargin, OptionMarket, Position
from market.venues.perpetuals import close_out as perpetuals
from market.venues.perpetuals.instrument import PERPETUALS, cash_of
from market.venues.perpetuals.instrument import price_of as contract_price
from market.venues.perpetuals.rules import set_cash as set_contract_cash
from market.venues.perpetuals.tables import Contract, Perpetual


@njit(cache=True)
def _others(state: State, account: int, series: int) -> Any:
    """Accounts that hold the other side of a position: rows of `OTHER`."""
    market, price, count = index(state, OptionAccount.market, account), mark(state, series), 0
    first = index(state, OptionMarket.first_account, market)
    size = exposed(state, position_of(state, account, series))
    found = np.zeros(index(state, OptionMarket.accounts, market), OTHER)
    for at in range(first, first + found.size):
        held = exposed(state, position_of(state, at, series))
        if held * size < 0.0:
            entry = get(state, Position.entry, position_of(state, at, series))
            equity, _, _ = margin_of(state, at)
            other, won = found[count], held * (price - entry)
            other.row, other.held, other.won = at, abs(held), max(won, 0.0)
            # profit over entry value, times leverage; what was had for nothing ranks first
            leverage = abs(held) * price / max(equity, 1e-9 * abs(held) * price) if price > 0.0 else 0.0
            other.rank = won / (abs(held) * entry) * leverage if entry > 0.0 else np.inf
            count += 1
    return found[:count]


@njit(void(STATE, int64, int64, float64), cache=True)
def _close(state: State, account: int, series: int, price: float) -> None:
    """Close a position against those that the market's rule names, at a price."""
    market, size = index(state, OptionAccount.market, account), 0.0
    size = exposed(state, position_of(state, account, series))
    others, rule = _others(state, account, series), index(state, OptionMargin.deleveraging, market)
    gap, cap = abs(price - mark(state, series)), get(state, OptionMargin.haircut, market)
    counter = cell(state, OptionMargin.deleveraged, market)
    for turn in range(allotted(rule, others, abs(size), gap, cap, STEP)):
        # a stretch too long to be undone writes no more, and is undone
        if full(state):
            return
        other = others[others[turn].turn]
        change = other.taken if size > 0.0 else -other.taken
        shift(state, other.row, series, change, price)
        shift(state, account, series, -change, price)
        put(state, counter, state.cells[counter] + other.taken * mark(state, series))


@njit(types.UniTuple(float64, 2)(STATE, int64), cache=True)
def _totals_of(state: State, account: int) -> tuple[float, float]:
    """Value of an account's options, whichever side [USD], and their sizes."""
    market, value, sizes = index(state, OptionAccount.market, account), 0.0, 0.0
    first = index(state, OptionMarket.first_series, market)
    for series in range(first, first + index(state, OptionMarket.series, market)):
        size = abs(exposed(state, position_of(state, account, series)))
        if size > 0.0:
            value += size * mark(state, series)
            sizes += size
    return value, sizes


@njit(types.UniTuple(float64, 2)(STATE, int64), cache=True)
def _totals(state: State, account: int) -> tuple[float, float]:
    """Value of the positions of a margin account, whichever side [USD], and their sizes."""
    value, sizes = _totals_of(state, account)
    own = index(state, OptionAccount.instrument, account)
    at = index(state, Instrument.next, own)
    while at != own:
        row = index(state, Instrument.row, at)
        if index(state, Instrument.venue, at) == PERPETUALS:
            size = abs(get(state, Contract.quantity, row))
            value += size * contract_price(state, index(state, Contract.market, row))
            sizes += size
        elif index(state, Instrument.venue, at) == OPTIONS:
            more, larger = _totals_of(state, row)
            value += more
            sizes += larger
        at = index(state, Instrument.next, at)
    return value, sizes


@njit(float64(float64, float64, float64, float64, float64), cache=True)
def _price(mark: float, size: float, missing: float, value: float, sizes: float) -> float:
    """Price of a position at which its part of what is missing is gone, by value, or by size where nothing has any."""
    part = abs(size) * mark / value if value > 0.0 else abs(size) / sizes
    return mark + missing * part / size


@njit(void(STATE, int64, float64, float64, float64), cache=True)
def _close_options(state: State, account: int, missing: float, value: float, sizes: float) -> None:
    """Close the options of an account, each at a price at which its part of what is missing is gone."""
    market = index(state, OptionAccount.market, account)
    first = index(state, OptionMarket.first_series, market)
    for series in range(first, first + index(state, OptionMarket.series, market)):
        size = exposed(state, position_of(state, account, series))
        if size != 0.0:
            _close(state, account, series, _price(mark(state, series), size, missing, value, sizes))


@njit(void(STATE, int64, float64), cache=True)
def _close_all(state: State, account: int, missing: float) -> None:
    """Close all positions of a margin account at prices that leave nothing of it, and bring cash together.

    Cash on other rollups stays there: all of it together is nothing.
    """
    value, sizes = _totals(state, account)
    rollup = index(state, OptionMarket.rollup, index(state, OptionAccount.market, account))
    _close_options(state, account, missing, value, sizes)
    own = index(state, OptionAccount.instrument, account)
    at = index(state, Instrument.next, own)
    while at != own:
        row = index(state, Instrument.row, at)
        if index(state, Instrument.venue, at) == OPTIONS:
            _close_options(state, row, missing, value, sizes)
        if index(state, Instrument.venue, at) == PERPETUALS:
            size, market = get(state, Contract.quantity, row), index(state, Contract.market, row)
            if size != 0.0:
                price = _price(contract_price(state, market), size, missing, value, sizes)
                perpetuals.deleverage(state, row, price)
            if index(state, Perpetual.rollup, market) == rollup:
                set_cash(state, account, get(state, OptionAccount.cash, account) + cash_of(state, row))
                set_contract_cash(state, row, 0.0)
        at = index(state, Instrument.next, at)


@njit(cache=True)
def close(state: State, row: Row, time: float) -> int:
    """Close an insolvent account for which nobody can be paid, or which nobody has taken in time; anybody may.

    The receipt says the value of the positions that are closed.
    """
    wrong = check(state, row)
    if wrong != Reason.NONE:
        return wrong
    if get(state, OptionAccount.auctioned_at, row.target) < 0.0:
        return Reason.CLOSED
    equity, _, _ = margin_of(state, row.target)
    if not equity <= 0.0:
        return Reason.NOT_ALLOWED
    if funds_of(state, row.venue) >= -equity and payment_after(state, row.target, time) < 1.0:
        return Reason.NOT_ALLOWED
    paid, (value, sizes) = pay_in(state, row.target, -equity), _totals(state, row.target)
    if paid < 0.0 or not value < np.inf:
        return Reason.NO_LIQUIDITY
    if sizes > 0.0:
        _close_all(state, row.target, -equity - paid)
    elif paid == 0.0:
        return Reason.NO_LIQUIDITY
    stop(state, row.target)
    row.asset_in, row.asset_out = 0, 0
    row.filled_in = value
    return Reason.NONE
