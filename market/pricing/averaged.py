"""Options that are paid for at the mean of the price over a window before expiry.

An average moves less than the price: over a window d, in continuous time and for small moves within it, the logarithm
of the average of a price without drift has the variance sigma^2 (T - 2 d / 3) while the window has not begun. Within
it, the share a = T / d of the average is still open: the option is one with the strike K - (1 - a) A on a times the
price, A the average so far, and the variance sigma^2 T / 3.
Of n prints that are still to come, the first after t, then one every e, the average has the variance
sigma^2 (t + e (n - 1) (2 n - 1) / (6 n)): the mean of min(t_i, t_j) over all pairs.
Derived from the covariance of Brownian motion, with the drift within the window left out. That the average is taken as
lognormal is the approximation of S. M. Turnbull and L. M. Wakeman (1991), A quick algorithm for pricing European
average options, Journal of Financial and Quantitative Analysis 26, 377-389, to the first order of its moments.
"""

from __future__ import annotations

import math

import numpy as np

from market.kernel.compiled import kernel
from market.pricing.black import black
from market.pricing.greeks import NO_PRICE, Greeks


@kernel
def averaged_years(years: float, window: float) -> float:
    """Time in which the price would vary as much as what is still open of its mean over a window [years].

    Parameters
    ----------
    years
        until expiry, when the window ends [years]
    window
        length of the window; 0: no average, but the last price [years]
    """
    return years - 2.0 / 3.0 * window if years >= window else years / 3.0


@kernel
def printed_years(first: float, spacing: float, prints: int) -> float:
    """Time in which the price would vary as much as the mean of a number of prints to come [years].

    Parameters
    ----------
    first
        until the first of them [years]
    spacing
        between two [years]
    prints
        how many are still to come, at least 1
    """
    return first + spacing * (prints - 1) * (2 * prints - 1) / (6.0 * prints)


@kernel
def averaged_volatility(volatility: float, years: float, window: float) -> float:
    """Return the volatility that, until expiry, the mean of the price over a window has [1/sqrt(year)]."""
    return volatility * math.sqrt(averaged_years(years, window) / years) if years > 0.0 else volatility


@kernel
def averaged(
    spot: float,
    strike: float,
    years: float,
    volatility: float,
    window: float,
    average: float,
    rate: float,
    dividend: float,
    call: bool,
) -> Greeks:
    """Price and sensitivities of an option that is paid for at the mean price over a window.

    Theta is for a price that stands still, which enters the average as time goes by.

    Parameters
    ----------
    spot, strike, years, rate, dividend, call
        as :func:`market.pricing.black.black` takes them
    volatility
        of the price itself [1/sqrt(year)]
    window
        length of the window that ends at expiry [years]
    average
        mean price over the part of the window that is past; ignored while none is [numeraire]
    """
    if not (years >= 0.0 and window >= 0.0):
        return NO_PRICE
    moved = averaged_volatility(volatility, years, window)
    if years >= window:
        plain = black(spot, strike, years, moved, rate, dividend, call)
        if moved == 0.0 or years == 0.0:
            return plain
        part = moved / volatility
        bend = 0.5 * (volatility * volatility - moved * moved) / (years * moved)  # of this volatility, by time
        theta = plain.theta - plain.vega * bend
        return Greeks(plain.price, plain.delta, plain.gamma, plain.vega * part, theta, plain.rho)
    return _within(spot, strike, years, moved, window, average, rate, dividend, call)


@kernel
def _within(
    spot: float,
    strike: float,
    years: float,
    moved: float,
    window: float,
    average: float,
    rate: float,
    dividend: float,
    call: bool,
) -> Greeks:
    """Value an option after its window has begun."""
    share = years / window
    left = strike - (1.0 - share) * average
    if left > 0.0 and share > 0.0:
        plain = black(share * spot, left, years, moved, rate, dividend, call)
        by_strike = -plain.rho / (years * left)
    else:
        plain, by_strike = _decided(share * spot, left, years, rate, dividend, call)
    entering = spot / window * (plain.delta + by_strike)  # what is printed leaves the open part and the strike alike
    return Greeks(
        plain.price,
        share * plain.delta,
        share * share * plain.gamma,
        plain.vega * math.sqrt(1.0 / 3.0),
        plain.theta - entering,
        plain.rho,
    )


@kernel
def _decided(
    spot: float, strike: float, years: float, rate: float, dividend: float, call: bool
) -> tuple[Greeks, float]:
    """Value an option that is sure to be exercised, or not to be; and its derivative by the strike."""
    discount, kept = math.exp(-rate * years), math.exp(-dividend * years)
    held, owed = spot * kept, strike * discount
    if not spot >= 0.0:
        return NO_PRICE, np.nan
    if call and strike <= 0.0:
        return Greeks(held - owed, kept, 0.0, 0.0, dividend * held - rate * owed, years * owed), -discount
    if spot == 0.0 and strike > 0.0 and not call:  # nothing is open any more
        return Greeks(owed, -kept, 0.0, 0.0, rate * owed, -years * owed), discount
    return Greeks(0.0, 0.0, 0.0, 0.0, 0.0, 0.0), 0.0
