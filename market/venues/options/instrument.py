"""What an account of options counts for in the margin account that it belongs to.

An option is marked at the price that Black's formula gives for the oracle's price of the underlying, the volatility of
its series, and the law of the mean of the prints that are still to come (`market.pricing.averaged`). Equity is cash
plus positions at these marks; as many options are held as are owed, so that the equities of a market add up to what the
vault holds for it at every moment.
"""

from __future__ import annotations

import math

from numba import float64, int64, njit, types

from market.pricing.averaged import printed_years
from market.pricing.black import terms
from market.settings import YEAR_S
from market.state.store import STATE, State, get, index
from market.venues import VENUES
from market.venues.options.tables import Expiry, Option, OptionAccount, OptionMarket, Position
from market.venues.oracles.rules import oracle_price

OPTIONS = VENUES.index("options")
"""Number of this venue."""


@njit(float64(STATE, int64), cache=True)
def price_of(state: State, market: int) -> float:
    """Price of the underlying that margin is reckoned at: the oracle's [USD]."""
    return oracle_price(state, index(state, OptionMarket.feed, market))


@njit(float64(float64, float64, float64), cache=True)
def payoff(price: float, strike: float, call: float) -> float:
    """What an option pays at a price of the underlying [USD]; `call` is 1 for a call and 0 for a put."""
    return max(price - strike, 0.0) if call == 1.0 else max(strike - price, 0.0)


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

    What the prints so far are known to contribute to the mean lowers the strike; what is left is an option on the mean
    of the others, n of m, at n / m of a unit.
    """
    expiry, market = index(state, Option.expiry, series), index(state, Option.market, series)
    strike, call = get(state, Option.strike, series), get(state, Option.call, series)
    fixed = get(state, Expiry.fixed, expiry)
    if fixed > 0.0:
        return payoff(fixed, strike, call)
    prints, left = get(state, OptionMarket.prints, market), 0.0
    left = prints - get(state, Expiry.printed, expiry)
    share, open_strike = left / prints, (prints * strike - get(state, Expiry.summed, expiry)) / left
    if open_strike <= 0.0:  # the prints so far decide that a call is exercised
        return share * (price - open_strike) if call == 1.0 else 0.0
    spacing = get(state, OptionMarket.spacing, market)
    first = max(get(state, Option.expires, series) - (left - 1.0) * spacing - time, 0.0)
    years = printed_years(first, spacing, int(left)) / YEAR_S
    return share * terms(price, open_strike, volatility * math.sqrt(years), call == 1.0).value


@njit(float64(STATE, int64), cache=True)
def mark(state: State, series: int) -> float:
    """Value at which an option counts in margin accounts [USD]."""
    market = index(state, Option.market, series)
    volatility, now = get(state, Option.volatility, series), get(state, OptionMarket.now, market)
    return value_at(state, series, price_of(state, market), volatility, now)


@njit(types.UniTuple(float64, 2)(float64, float64, float64, float64), cache=True)
def _owed(price: float, strike: float, call: float, mark: float) -> tuple[float, float]:
    """Maintenance and initial margin of an option that is owed, beyond its mark [USD].

    Of a call .09 S, and max(.15 - OTM / S, .13) S; of a put max(.09 S, .09 mark), and the larger of that of a call and
    1.05 times its maintenance margin with the mark.
    Source: Derive documentation, "Standard margin" (2025).
    """
    outside = max(strike - price, 0.0) if call == 1.0 else max(price - strike, 0.0)
    first = max(0.15 - outside / price, 0.13) * price
    if call == 1.0:
        return 0.09 * price, first
    least = max(0.09 * price, 0.09 * mark)
    return least, max(first, 1.05 * (least + mark) - mark)


@njit(types.UniTuple(float64, 2)(STATE, int64), cache=True)
def requirement(state: State, account: int) -> tuple[float, float]:
    """Maintenance and initial margin that the positions of an account require, each by itself [USD].

    Options that are held back nothing: what they are worth is required of whoever holds them.
    """
    market, maintenance, initial = index(state, OptionAccount.market, account), 0.0, 0.0
    price = price_of(state, market)
    first, at = index(state, OptionMarket.first_series, market), index(state, OptionAccount.positions, account)
    for series in range(first, first + index(state, OptionMarket.series, market)):
        size = get(state, Position.quantity, at + series - first)
        if size == 0.0:
            continue
        worth = mark(state, series)
        least, most = worth, worth
        if size < 0.0:
            least, most = _owed(price, get(state, Option.strike, series), get(state, Option.call, series), worth)
        maintenance += abs(size) * least
        initial += abs(size) * most
    return maintenance, initial


@njit(float64(STATE, int64), cache=True)
def equity_of(state: State, account: int) -> float:
    """Cash of an account and its positions at their marks [USD]."""
    market, equity = index(state, OptionAccount.market, account), get(state, OptionAccount.cash, account)
    first, at = index(state, OptionMarket.first_series, market), index(state, OptionAccount.positions, account)
    for series in range(first, first + index(state, OptionMarket.series, market)):
        size = get(state, Position.quantity, at + series - first)
        if size != 0.0:
            equity += size * mark(state, series)
    return equity


@njit(types.UniTuple(float64, 3)(STATE, int64), cache=True)
def measure(state: State, account: int) -> tuple[float, float, float]:
    """Equity of an account, and the maintenance and initial margin that it requires [USD]."""
    maintenance, initial = requirement(state, account)
    return equity_of(state, account), maintenance, initial
