"""Options on a lognormal price that jumps: a mixture over how many jumps there will be.

Jumps come as a Poisson process of rate lambda, each adds a normal number (mean mu, deviation delta) to the logarithm,
and E[exp(jump)] - 1 = k. Given n of them until T, the price is lognormal with
F_n = S exp((r - q - lambda k) T + n (mu + delta^2 / 2)) and variance sigma^2 T + n delta^2, so that the option is worth
the mean of Black's formula over n. Theta follows from d P(n) / dT = lambda (P(n - 1) - P(n)).

The series is summed until what is left is lost in rounding. Printed tables that end it after a fixed number of jumps
(as Haug's, The complete guide to option pricing formulas) are wrong where many are likely: compare with none of them.
Source: R. C. Merton (1976), Option pricing when underlying stock returns are discontinuous, Journal of Financial
Economics 3, 125-144.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from market.kernel.compiled import kernel
from market.pricing.black import Terms, black, terms
from market.pricing.greeks import NO_PRICE, Greeks, put_row

LOST = 1e-18
"""Part of an option's bound that a term may leave out."""
TAIL = 9.0
"""Deviations below its mean at which a Poisson number is as unlikely as that."""


SMALLEST = 1e-290
"""Probability below which the next one is not computed from it: its digits are being lost."""
MOST_JUMPS = 1e6
"""Number of jumps that may be expected; beyond, the price is not a number: it is a diffusion, and takes for ever."""


class Jumps(NamedTuple):
    """Law of the jumps of a price, as it is priced."""

    rate: float
    """of their arrival [1/year]"""
    mean: float
    """of what one adds to the logarithm of the price [1]"""
    sd: float
    """its standard deviation [1]"""


@kernel
def _first_number(mean: float) -> int:
    """Number of jumps below which their probabilities, about a mean number, are lost in rounding."""
    return max(int(mean - TAIL * math.sqrt(mean)), 0)


@kernel
def _probability(number: int, mean: float) -> float:
    """Return the probability of a Poisson number."""
    if number == 0:
        return math.exp(-mean)
    return math.exp(number * math.log(mean) - mean - math.lgamma(number + 1.0)) if mean > 0.0 else 0.0


@kernel
def merton(
    spot: float,
    strike: float,
    years: float,
    volatility: float,
    jumps: Jumps,
    rate: float,
    dividend: float,
    call: bool,
) -> Greeks:
    """Price and sensitivities of a European option on a price that diffuses and jumps.

    Vega is by the volatility between jumps; delta and gamma are by small moves.

    Parameters
    ----------
    spot, strike, years, rate, dividend, call
        as :func:`market.pricing.black.black` takes them
    volatility
        between jumps [1/sqrt(year)]
    jumps
        law of the jumps
    """
    log_mean = jumps.mean + 0.5 * jumps.sd * jumps.sd
    sound = 0.0 <= years < np.inf and 0.0 < spot < np.inf and 0.0 <= volatility < np.inf and jumps.sd >= 0.0
    if not (sound and 0.0 <= jumps.rate * years * (1.0 + math.exp(log_mean)) <= MOST_JUMPS):
        return NO_PRICE
    drift = rate - dividend - jumps.rate * math.expm1(log_mean)
    expected = jumps.rate * years  # number of jumps
    factor = math.exp(log_mean)
    discount, variance = math.exp(-rate * years), volatility * volatility * years
    at = _first_number(expected * min(1.0, factor))
    weight = _probability(at, expected)
    forward = spot * math.exp(drift * years + at * log_mean)
    now = terms(forward, strike, math.sqrt(variance + at * jumps.sd * jumps.sd), call)
    value, held, gamma, vega, decay, owed = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    while True:
        sd = math.sqrt(variance + at * jumps.sd * jumps.sd)
        following = terms(forward * factor, strike, math.sqrt(variance + (at + 1) * jumps.sd * jumps.sd), call)
        bent = forward * now.density / sd if sd > 0.0 else 0.0  # derivative by the variance, twice
        value += weight * now.value
        held += weight * forward * now.first
        owed += weight * strike * now.second
        gamma += weight * bent
        vega += weight * bent * volatility * years
        decay += weight * (
            jumps.rate * (following.value - now.value)
            + drift * forward * now.first
            + 0.5 * bent * volatility * volatility
        )
        at += 1
        weight = weight * expected / at if weight > SMALLEST else _probability(at, expected)
        forward *= factor
        now = following
        if not (at < expected * max(1.0, factor) or weight * max(forward, strike) > LOST * max(spot, strike)):
            break
    return Greeks(
        discount * value,
        discount * held / spot,
        discount * gamma / spot / spot,
        discount * vega,
        discount * (rate * value - decay),
        years * discount * owed,
    )


@kernel
def chain(
    spot: float,
    rate: float,
    dividend: float,
    strike: np.ndarray,
    years: np.ndarray,
    call: np.ndarray,
    volatility: float,
    jumps: Jumps,
    found: Any,
) -> None:
    """Value many options on one asset that jumps: rows of `GREEKS` in `found`."""
    for at in range(len(strike)):
        put_row(found, at, merton(spot, strike[at], years[at], volatility, jumps, rate, dividend, call[at]))


@kernel
def jump_gap(
    spot: float,
    strike: float,
    years: float,
    volatility: float,
    jumps: Jumps,
    rate: float,
    dividend: float,
    call: bool,
) -> float:
    """Mean loss per jump of who sold an option at Black and Scholes' price and holds its delta [numeraire].

    E[C(S exp(J)) - C(S) - delta (exp(J) - 1) S], C and delta of Black and Scholes. C is itself an expectation over a
    normal logarithm, and so is its mean over J: that of Black with E[exp(J)] times the forward price and the variance
    of J more. Derived; this is what gamma times the squared jump over two is an approximation of, for small jumps.
    """
    calm = black(spot, strike, years, volatility, rate, dividend, call)
    factor = math.exp(jumps.mean + 0.5 * jumps.sd * jumps.sd)
    variance = volatility * volatility * years + jumps.sd * jumps.sd
    forward = factor * spot * math.exp((rate - dividend) * years)
    jumped: Terms = terms(forward, strike, math.sqrt(variance), call)
    return math.exp(-rate * years) * jumped.value - calm.price - calm.delta * spot * (factor - 1.0)
