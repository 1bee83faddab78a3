"""Implied volatility: to the last digits that a price determines, and never a number where there is none.

The price of the option that is out of the money, over sqrt(F K) and undiscounted, is b(x, s) for x = -|ln(F / K)| and
s = sigma sqrt(T). With h = x / s, t = s / 2 and the Mills ratio R, its derivative by s is
v = density(h) exp(-t^2 / 2), and
    b = v (R(-h - t) - R(t - h)) where h + t < 0,    exp(x / 2) - b = v (R(h + t) + R(t - h)) where h + t > 0,
so that ln b and ln(exp(x / 2) - b) are known where b itself would be lost in rounding. From the inflection of b at
s = sqrt(2 |x|) on, three functions are solved that are nearly straight: ln b over 1 / s^2 below it, b over s above it,
and beyond half of the bound ln(exp(x / 2) - b) over s^2.
Sources: P. Jaeckel (2015), Let's be rational, Wilmott 75, 40-53, for b, its inflection and the three regions;
A. S. Householder (1970), The numerical treatment of a single nonlinear equation, for the steps of third and fourth
order.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Any

import numpy as np

from market.kernel.compiled import kernel
from market.kernel.interpreted import row_type
from market.pricing.normal import DENSITY_AT_0, mills

LOG_DENSITY_AT_0 = math.log(DENSITY_AT_0)
SHORT, NEAR = 0.25, 1.0
"""Up to which t and |x| the difference of Mills ratios is a series in t: the ratios would cancel."""
MOST_STEPS = 60
FAR_OFF = 0.8
"""Relative change of a slope within a step beyond which higher derivatives mislead."""
ENOUGH = 1e-5
"""Relative step after which the next one, of third order at least, would be lost in rounding."""


class NoVolatility(IntEnum):
    """Why a price has no implied volatility (0: it has one)."""

    FOUND = 0
    BAD_INPUT = 1
    """a number that is not finite, or a price of the underlying, strike or time that is not positive"""
    BELOW_INTRINSIC = 2
    """less than the option is worth without any volatility"""
    AT_INTRINSIC = 3
    """exactly that: every volatility that is small enough rounds to it"""
    AT_BOUND = 4
    """as much as the underlying, or for a put the strike, discounted, or more: no volatility is large enough"""
    UNSOLVED = 5
    """the iteration did not end"""


IMPLIED = row_type([("volatility", np.float64), ("reason", np.int64)])
"""Implied volatility [1/sqrt(year)], not a number where the reason, a member of `NoVolatility`, is not `FOUND`."""


@kernel
def _odd_series(h: float, t: float) -> float:
    """Return Y(h + t) - Y(h - t) for Y(z) = R(-z), h of at most 0, by Taylor's series: Y' = 1 + z Y, and so on."""
    before = mills(-h)
    now = 1.0 + h * before
    term, total, order = t, t * now, 1
    while order < 23:
        following = h * now + order * before
        before, now = now, h * following + (order + 1) * now
        before = following
        order += 2
        term *= t * t / ((order - 1) * order)
        total += term * now
        if term * now < 1e-17 * total:
            break
    return 2.0 * total


@kernel
def time_value_over_vega(x: float, s: float) -> float:
    """Return b / v for x of at most 0, wherever h + t is at most 0, and for t up to `SHORT` beyond."""
    h, t = x / s, 0.5 * s
    if t < SHORT and x > -NEAR:
        return _odd_series(h, t)
    return mills(-h - t) - mills(t - h)


@kernel
def _missing_over_vega(x: float, s: float) -> float:
    """Return (exp(x / 2) - b) / v wherever h + t is at least 0."""
    h, t = x / s, 0.5 * s
    return mills(h + t) + mills(t - h)


@kernel
def _log_vega(x: float, s: float) -> float:
    h, t = x / s, 0.5 * s
    return LOG_DENSITY_AT_0 - 0.5 * (h * h + t * t)


@kernel
def _fourth_order(newton: float, second: float, third: float) -> float:
    """Householder's step from Newton's and the higher derivatives over the first; far from the solution, Newton's.

    For strikes up to a factor e from the forward price, Newton's cannot overshoot: each function bends to one side, and
    is begun on that one. Beyond, the bounds that every evaluation leaves keep it in.
    """
    bend, twist = second * newton, third * newton * newton
    if abs(bend) > FAR_OFF or abs(twist) > FAR_OFF:
        return newton
    return newton * (1.0 + 0.5 * bend) / (1.0 + bend + twist / 6.0)


@kernel
def _step_low(x: float, s: float, target: float) -> tuple[float, float]:
    """Error of ln b, and the next s: a step of fourth order in 1 / s^2."""
    ratio = time_value_over_vega(x, s)
    error = _log_vega(x, s) + math.log(ratio) - target
    bend = x * x / (s * s * s) - 0.25 * s  # v' / v
    one = 1.0 / ratio
    two = one * (bend - one)
    three = two * (bend - one) + one * (-3.0 * x * x / (s * s * s * s) - 0.25 - two)
    cube = s * s * s
    f1 = -0.5 * cube * one
    f2 = 0.25 * cube * s * s * (3.0 * one + s * two)
    f3 = -0.125 * cube * cube * s * (15.0 * one + 9.0 * s * two + s * s * three)
    u = 1.0 / (s * s) + _fourth_order(-error / f1, f2 / f1, f3 / f1)
    return error, 1.0 / math.sqrt(u) if u > 0.0 else np.inf


@kernel
def _step_middle(x: float, s: float, target: float, most: float) -> tuple[float, float]:
    """Error of b, and the next s: a step of fourth order in s."""
    vega = math.exp(_log_vega(x, s))
    if 0.5 * s < SHORT and x > -NEAR:
        value = vega * time_value_over_vega(x, s)
    else:
        value = most - vega * _missing_over_vega(x, s)
    square = x * x / (s * s)
    second = square / s - 0.25 * s
    third = second * second - 3.0 * square / (s * s) - 0.25
    return value - target, s + _fourth_order((target - value) / vega, second, third)


@kernel
def _step_high(x: float, s: float, target: float) -> tuple[float, float]:
    """Error of ln(exp(x / 2) - b), with its sign turned, and the next s: a step of third order in s^2."""
    ratio = _missing_over_vega(x, s)
    error = _log_vega(x, s) + math.log(ratio) - target
    one = -1.0 / ratio
    two = one * (x * x / (s * s * s) - 0.25 * s - one)
    f1 = 0.5 * one / s
    f2 = 0.25 * (two - one / s) / (s * s)
    newton = -error / f1
    bend = newton * f2 / f1
    w = s * s + (newton / (1.0 + 0.5 * bend) if abs(bend) <= FAR_OFF else newton)
    return -error, math.sqrt(w) if w > 0.0 else 0.0


@kernel
def total_sd(x: float, value: float, missing: float) -> float:
    """Solve b(x, s) = `value` for s = sigma sqrt(T).

    Every step stays between the values of s of which the price is known to be too low and too high.

    Parameters
    ----------
    x
        -|ln(F / K)|
    value
        of the option out of the money, undiscounted, over sqrt(F K); above 0
    missing
        exp(x / 2) - `value`, above 0, which the caller may know better than that difference
    """
    most = value + missing
    inflection = math.sqrt(-2.0 * x)
    s, there, slope = inflection, 0.0, DENSITY_AT_0
    if inflection > 0.0:
        slope = math.exp(_log_vega(x, inflection))
        there = slope * time_value_over_vega(x, inflection)
    low = value < there
    high = not low and value > 0.5 * most
    target = math.log(value) if low else (math.log(missing) if high else value)
    lowest, highest = (0.0, inflection) if low else (inflection, np.inf)
    s = inflection + (value - there) / slope
    if s <= 0.0:
        s = 0.5 * inflection
    for _ in range(MOST_STEPS):
        if low:
            error, following = _step_low(x, s, target)
        elif high:
            error, following = _step_high(x, s, target)
        else:
            error, following = _step_middle(x, s, target, most)
        if error < 0.0:
            lowest = max(lowest, s)
        elif error > 0.0:
            highest = min(highest, s)
        else:
            return s
        if not lowest <= following <= highest:
            s = 0.5 * (lowest + highest) if highest < np.inf else 2.0 * s
            continue
        if abs(following - s) <= ENOUGH * s:
            return following
        s = following
    return np.nan


@kernel
def implied(
    price: float, spot: float, strike: float, years: float, rate: float, dividend: float, call: bool
) -> tuple[float, int]:
    """Return the volatility at which an option has a price [1/sqrt(year)], and a member of `NoVolatility`.

    The volatility is as good as the price: one that is in the money by much has little left to tell.

    Parameters
    ----------
    price
        of the option [numeraire]
    spot, strike, years, rate, dividend, call
        as :func:`market.pricing.black.black` takes them
    """
    if not (spot > 0.0 and strike > 0.0 and years > 0.0 and math.isfinite(price)):
        return np.nan, NoVolatility.BAD_INPUT.value
    discount = math.exp(-rate * years)
    forward = spot * math.exp((rate - dividend) * years)
    if not (math.isfinite(forward) and math.isfinite(strike) and 0.0 < discount < np.inf and forward > 0.0):
        return np.nan, NoVolatility.BAD_INPUT.value
    paid = price / discount
    inside = max(forward - strike if call else strike - forward, 0.0)
    if paid <= inside:
        return np.nan, NoVolatility.AT_INTRINSIC.value if paid == inside else NoVolatility.BELOW_INTRINSIC.value
    bound = forward if call else strike
    if paid >= bound:
        return np.nan, NoVolatility.AT_BOUND.value
    scale = math.sqrt(forward) * math.sqrt(strike)
    found = total_sd(-abs(math.log(forward / strike)), (paid - inside) / scale, (bound - paid) / scale)
    if not found > 0.0:
        return np.nan, NoVolatility.UNSOLVED.value
    return found / math.sqrt(years), NoVolatility.FOUND.value


@kernel
def chain(
    spot: float,
    rate: float,
    dividend: float,
    strike: np.ndarray,
    years: np.ndarray,
    call: np.ndarray,
    price: np.ndarray,
    found: Any,
) -> None:
    """Imply the volatilities of many options on one asset: rows of `IMPLIED` in `found`."""
    for at in range(len(strike)):
        row = found[at]
        row.volatility, row.reason = implied(price[at], spot, strike[at], years[at], rate, dividend, call[at])
