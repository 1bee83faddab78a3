"""Options on a lognormal price (Black and Scholes; on a forward price, Black), with rate of interest and yield.

C = D (F N(d1) - K N(d2)), P = D (K N(-d2) - F N(-d1)), F = S exp((r - q) T), D = exp(-r T), s = sigma sqrt(T),
d1 = ln(F / K) / s + s / 2, d2 = d1 - s.
An option on a forward price F is one on a spot price F whose yield q is the rate r.
Sources: F. Black and M. Scholes (1973), The pricing of options and corporate liabilities, Journal of Political Economy
81, 637-654; R. C. Merton (1973), Theory of rational option pricing, Bell Journal of Economics 4, 141-183, for the
yield; F. Black (1976), The pricing of commodity contracts, Journal of Financial Economics 3, 167-179.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from market.kernel.compiled import kernel
from market.pricing.greeks import NO_PRICE, Greeks, put_row
from market.pricing.normal import below, density


class Terms(NamedTuple):
    """An option that is paid for at expiry, on a lognormal price with a given forward price."""

    value: float
    """[numeraire at expiry]"""
    first: float
    """derivative of the value by the forward price: N(d1) of a call, -N(-d1) of a put [1]"""
    second: float
    """minus its derivative by the strike: N(d2) of a call, -N(-d2) of a put [1]"""
    density: float
    """of d1; with the forward price, the derivative of the value by s [1]"""


@kernel
def terms(forward: float, strike: float, sd: float, call: bool) -> Terms:
    """Value an option whose log price at expiry has the standard deviation `sd` = sigma sqrt(T).

    Without any, it is worth what it pays at the forward price. The option that is out of the money is valued and the
    other one follows by parity, so that its time value is not lost in rounding. Not a number for a price that is
    not positive and finite or a deviation that is negative.
    """
    ratio = forward / strike if strike > 0.0 else np.nan
    if not (0.0 < ratio < np.inf and 0.0 < forward < np.inf and sd >= 0.0):
        return Terms(np.nan, np.nan, np.nan, np.nan)
    side = 1.0 if call else -1.0
    inside = max(side * (forward - strike), 0.0)
    if sd == 0.0:
        hit = 0.5 if forward == strike else (1.0 if inside > 0.0 else 0.0)
        return Terms(inside, side * hit, side * hit, 0.0)
    moneyness = math.log(ratio) / sd
    d1, d2 = moneyness + 0.5 * sd, moneyness - 0.5 * sd
    density1 = density(d1)
    density2 = density1 * ratio if density1 > 0.0 else 0.0
    outside = 1.0 if forward <= strike else -1.0  # side of the option that is out of the money
    n1, n2 = below(outside * d1, density1), below(outside * d2, density2)
    value = inside + outside * (forward * n1 - strike * n2)
    if outside != side:
        n1, n2 = 1.0 - n1, 1.0 - n2
    return Terms(value, side * n1, side * n2, density1)


@kernel
def black(
    spot: float, strike: float, years: float, volatility: float, rate: float, dividend: float, call: bool
) -> Greeks:
    """Price and sensitivities of a European option on a lognormal price.

    At expiry, or without volatility, the option is worth what it pays; gamma and vega are 0 there.

    Parameters
    ----------
    spot, strike
        price of the underlying, and the one agreed on [numeraire]
    years
        until expiry [years]
    volatility
        of the logarithm of the price [1/sqrt(year)]
    rate, dividend
        of interest, and the yield of the underlying, both continuous [1/year]
    call
        whether it is a call
    """
    if not (0.0 <= years < np.inf and spot > 0.0):
        return NO_PRICE
    root = math.sqrt(years)
    sd = volatility * root
    discount, kept = math.exp(-rate * years), math.exp(-dividend * years)
    forward = spot * math.exp((rate - dividend) * years)
    found = terms(forward, strike, sd, call)
    held, owed = spot * kept * found.first, strike * discount * found.second
    gamma, decay = 0.0, 0.0
    if sd != 0.0:
        gamma = kept * found.density / spot / sd
        decay = 0.5 * spot * kept * found.density * volatility * volatility / sd
    return Greeks(
        discount * found.value,
        kept * found.first,
        gamma,
        spot * kept * found.density * root,
        dividend * held - rate * owed - decay,
        years * owed,
    )


@kernel
def chain(
    spot: float,
    rate: float,
    dividend: float,
    strike: np.ndarray,
    years: np.ndarray,
    call: np.ndarray,
    volatility: np.ndarray,
    found: Any,
) -> None:
    """Value many options on one asset, each with its own volatility: rows of `GREEKS` in `found`."""
    for at in range(len(strike)):
        put_row(found, at, black(spot, strike[at], years[at], volatility[at], rate, dividend, call[at]))
