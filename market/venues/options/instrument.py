"""What an account of options counts for in the margin account that it belongs to.

An option is marked at the price that Black's formula gives for the oracle's price of the underlying, the volatility of
its series, and the law of the mean of the prints that are still to come (`market.pricing.averaged`). Equity is cash
plus positions at these marks; as many options are held as are owed, so that the equities of a market, less what covered
calls (`market.venues.options.covering`) are marked at, add up to the money that the vault holds for it at every moment.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import boolean, float64, int64, njit, types, void

from market.pricing.averaged import printed_years
from market.pricing.black import terms
from market.settings import YEAR_S
from market.state.store import STATE, State, get, index
from market.state.tables import Instrument
from market.venues.options.covering import covered, exposed
from market.venues.options.joint import alike, comes_first, is_joint
from market.venues.options.margins import OFFSETS, POSITION, POSITIONS, Terms, marks, required
from market.venues.options.tables import Expiry, Option, OptionAccount, OptionMargin, OptionMarket, Position
from market.venues.oracles.rules import oracle_price
from market.venues.perpetuals.instrument import PERPETUALS
from market.venues.perpetuals.instrument import measure as measure_contract
from market.venues.perpetuals.tables import Contract, Perpetual


@njit(float64(STATE, int64), cache=True)
def price_of(state: State, market: int) -> float:
    """Price of the underlying that margin is reckoned at: the oracle's [USD]."""
    return oracle_price(state, index(state, OptionMarket.feed, market))


@njit(float64(STATE, int64, float64, float64), cache=True)
def fee_of(state: State, market: int, traded: float, premium: float) -> float:
    """Fee of a trade of so many options for a premium: a share of the underlying, up to one of the premium [USD]."""
    return min(
        traded * price_of(state, market) * get(state, OptionMarket.fee, market),
        premium * get(state, OptionMarket.fee_cap, market),
    )


@njit(float64(float64, float64, float64), cache=True)
def payoff(price: float, strike: float, call: float) -> float:
    """What an option pays at a price of the underlying [USD]; `call` is 1 for a call and 0 for a put."""
    return max(price - strike, 0.0) if call == 1.0 else max(strike - price, 0.0)


@njit(types.UniTuple(float64, 3)(STATE, int64, float64), cache=True)
def open_part(state: State, series: int, time: float) -> tuple[float, float, float]:
    """What of an option is still open: part of a unit, strike [USD], time to expiry of one on a single print [years].

    What the prints so far are known to contribute to the mean lowers the strike; what is left is an option on the mean
    of the others, n of m, at n / m of a unit.
    """
    expiry, market = index(state, Option.expiry, series), index(state, Option.market, series)
    prints = get(state, OptionMarket.prints, market)
    left = prints - get(state, Expiry.printed, expiry)
    strike = (prints * get(state, Option.strike, series) - get(state, Expiry.summed, expiry)) / left
    spacing = get(state, OptionMarket.spacing, market)
    first = max(get(state, Option.expires, series) - (left - 1.0) * spacing - time, 0.0)
    return left / prints, strike, printed_years(first, spacing, int(left)) / YEAR_S


@njit(float64(STATE, int64, float64, float64, float64), cache=True)
def value_at(state: State, series: int, price: float, volatility: float, time: float) -> float:
    """Value of an option [USD].

    Parameters
    ----------
    series
        which
    price
        of the underlying [USD]
    volatility
        of its logarithm [1/sqrt(year)]
    time
        when [s]
    """
    expiry = index(state, Option.expiry, series)
    strike, call = get(state, Option.strike, series), get(state, Option.call, series)
    fixed = get(state, Expiry.fixed, expiry)
    if fixed > 0.0:
        return payoff(fixed, strike, call)
    share, open_strike, years = open_part(state, series, time)
    if open_strike <= 0.0:  # the prints so far decide that a call is exercised
        return share * (price - open_strike) if call == 1.0 else 0.0
    return share * terms(price, open_strike, volatility * math.sqrt(years), call == 1.0).value


@njit(float64(STATE, int64), cache=True)
def mark(state: State, series: int) -> float:
    """Value at which an option counts in margin accounts [USD]."""
    market = index(state, Option.market, series)
    volatility, now = get(state, Option.volatility, series), get(state, OptionMarket.now, market)
    return value_at(state, series, price_of(state, market), volatility, now)


@njit(int64(STATE, int64, POSITIONS, int64), cache=True)
def _write_positions(state: State, account: int, found: Any, count: int) -> int:
    """Write what an account holds and owes behind the first rows, without what is decided; returns how many there are.

    While prints are taken an option is one on the mean of the others, at part of a unit: see :func:`value_at`.
    """
    market = index(state, OptionAccount.market, account)
    first, at = index(state, OptionMarket.first_series, market), index(state, OptionAccount.positions, account)
    price, now = price_of(state, market), get(state, OptionMarket.now, market)
    for series in range(first, first + index(state, OptionMarket.series, market)):
        size, expiry = exposed(state, at + series - first), index(state, Option.expiry, series)
        if size == 0.0 or get(state, Expiry.fixed, expiry) > 0.0:
            continue
        share, strike, years = open_part(state, series, now)
        row = found[count]
        row.strike, row.call, row.quantity = strike, get(state, Option.call, series), size * share
        row.years, row.mark, row.forward = years, mark(state, series) / share, price
        row.volatility = get(state, Option.volatility, series)
        count += 1
    return count


@njit(cache=True)
def _terms(state: State, market: int) -> Terms:
    """Numbers of a market's margin model."""
    return Terms(
        get(state, OptionMargin.most, market),
        get(state, OptionMargin.least, market),
        get(state, OptionMargin.call_spot, market),
        get(state, OptionMargin.put_spot, market),
        get(state, OptionMargin.put_mark, market),
        get(state, OptionMargin.put_initial, market),
        get(state, OptionMargin.unpaired_maintenance, market),
        get(state, OptionMargin.unpaired_initial, market),
        get(state, OptionMargin.range, market),
        get(state, OptionMargin.up, market),
        get(state, OptionMargin.down, market),
        get(state, OptionMargin.floor, market),
        get(state, OptionMargin.short_power, market),
        get(state, OptionMargin.long_power, market),
        get(state, OptionMargin.skew, market),
        get(state, OptionMargin.tail, market),
        get(state, OptionMargin.tail_share, market),
        get(state, OptionMargin.initial, market),
    )


@njit(POSITIONS(STATE, int64, boolean), cache=True)
def _positions(state: State, account: int, joint: bool) -> Any:
    """What an account, or all that are margined with it, hold and owe: rows of `POSITION`.

    What is decided is left out: it is as good as money.
    """
    own, most = index(state, OptionAccount.instrument, account), 0
    at = own
    while True:
        if alike(state, account, at):
            market = index(state, OptionAccount.market, index(state, Instrument.row, at))
            most += index(state, OptionMarket.series, market)
        at = index(state, Instrument.next, at) if joint else own
        if at == own:
            break
    found, count = np.zeros(most, POSITION), 0
    while True:
        if alike(state, account, at):
            count = _write_positions(state, index(state, Instrument.row, at), found, count)
        at = index(state, Instrument.next, at) if joint else own
        if at == own:
            return found[:count].copy()


@njit(void(POSITIONS), cache=True)
def _net(positions: Any) -> None:
    """Take what is held and owed of the same option on several markets together, on the first of its rows."""
    for at in range(len(positions)):
        row = positions[at]
        for before in range(at):
            first = positions[before]
            if first.strike == row.strike and first.call == row.call and first.years == row.years:
                first.quantity += row.quantity
                row.quantity = 0.0
                break


@njit(types.UniTuple(float64, 2)(STATE, int64), cache=True)
def _apart(state: State, account: int) -> tuple[float, float]:
    """Sum of what accounts that are margined together would each require by itself, perpetuals aside [USD]."""
    own, maintenance, initial = index(state, OptionAccount.instrument, account), 0.0, 0.0
    at = own
    while True:
        if alike(state, account, at):
            row = index(state, Instrument.row, at)
            market = index(state, OptionAccount.market, row)
            model, price = index(state, OptionMargin.model, market), price_of(state, market)
            least, first = required(model, _positions(state, row, False), price, 0.0, _terms(state, market))
            maintenance += least
            initial += first
        at = index(state, Instrument.next, at)
        if at == own:
            return maintenance, initial


@njit(types.UniTuple(float64, 3)(STATE, int64), cache=True)
def _beside(state: State, account: int) -> tuple[float, float, float]:
    """Size of the perpetuals on the same asset in an account's margin account, and what they require by themselves."""
    asset = index(state, OptionMarket.asset, index(state, OptionAccount.market, account))
    linear, maintenance, initial = 0.0, 0.0, 0.0
    own = index(state, OptionAccount.instrument, account)
    at = index(state, Instrument.next, own)
    while at != own:
        row = index(state, Instrument.row, at)
        contract = index(state, Instrument.venue, at) == PERPETUALS
        if contract and index(state, Perpetual.asset, index(state, Contract.market, row)) == asset:
            _, least, first = measure_contract(state, row)
            linear += get(state, Contract.quantity, row)
            maintenance += least
            initial += first
        at = index(state, Instrument.next, at)
    return linear, maintenance, initial


@njit(types.UniTuple(float64, 2)(STATE, int64), cache=True)
def requirement(state: State, account: int) -> tuple[float, float]:
    """Maintenance and initial margin that an account requires by its market's model [USD].

    A model says what cash must be; equity also has the marks. Of a model that margins perpetuals together with options
    what these require by themselves is taken off, for it is added to this. Of accounts that are margined together the
    first requires what all of them do: as one, or each by itself where that is less.
    """
    if not comes_first(state, account):
        return 0.0, 0.0
    market, positions = index(state, OptionAccount.market, account), _positions(state, account, True)
    model, linear, least, first = index(state, OptionMargin.model, market), 0.0, 0.0, 0.0
    if OFFSETS[model]:
        linear, least, first = _beside(state, account)
    if positions.size == 0 and linear == 0.0:
        return 0.0, 0.0
    marked, joint = marks(positions), is_joint(state, account)
    if joint:
        _net(positions)
    maintenance, initial = required(model, positions, price_of(state, market), linear, _terms(state, market))
    if joint and linear == 0.0:
        apart = _apart(state, account)
        maintenance, initial = min(maintenance, apart[0]), min(initial, apart[1])
    return maintenance + marked - least, initial + marked - first


@njit(float64(STATE, int64), cache=True)
def equity_of(state: State, account: int) -> float:
    """Cash of an account and its positions at their marks [USD]."""
    market, equity = index(state, OptionAccount.market, account), get(state, OptionAccount.cash, account)
    first, at = index(state, OptionMarket.first_series, market), index(state, OptionAccount.positions, account)
    for series in range(first, first + index(state, OptionMarket.series, market)):
        size = exposed(state, at + series - first)
        if size != 0.0:
            equity += size * mark(state, series)
    return equity


@njit(types.UniTuple(float64, 2)(STATE, int64), cache=True)
def covered_of(state: State, account: int) -> tuple[float, float]:
    """Cover of an account [units of the underlying], and what the calls that it covers are marked at [USD]."""
    market, units, value = index(state, OptionAccount.market, account), 0.0, 0.0
    first, at = index(state, OptionMarket.first_series, market), index(state, OptionAccount.positions, account)
    for series in range(first, first + index(state, OptionMarket.series, market)):
        position = at + series - first
        if get(state, Position.cover, position) > 0.0:
            units += get(state, Position.cover, position)
            value += covered(state, position) * mark(state, series)
    return units, value


@njit(types.UniTuple(float64, 3)(STATE, int64), cache=True)
def measure(state: State, account: int) -> tuple[float, float, float]:
    """Equity of an account, and the maintenance and initial margin that it requires [USD]."""
    maintenance, initial = requirement(state, account)
    return equity_of(state, account), maintenance, initial
