"""Options on a price with stochastic variance, by one integral per option on top of Black's formula.

With k = ln(F / K) and the characteristic function f of ln(S_T / F), a call is worth
D (F - sqrt(F K) / pi * integral over u > 0 of Re[exp(i u k) f(u - i / 2)] / (u^2 + 1/4)), and so is, with
exp(-w (u^2 + 1/4) / 2) for f, one on a lognormal price of variance w. The difference of both integrals is computed and
added to Black's formula at the variance that is expected: its integrand has no poles at u = i / 2, so that sums at even
distances h converge like exp(-c / h). The distance is halved until no option changes; derivatives are taken under the
integral.
Sources: A. L. Lewis (2000), Option valuation under stochastic volatility, Finance Press, for the integral; L. Andersen
and V. Piterbarg (2010), Interest rate modeling, volume 1, Atlantic Financial Press, for Black's formula as its control.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from market.kernel.compiled import kernel
from market.kernel.interpreted import row_type
from market.pricing.black import black
from market.pricing.greeks import NO_PRICE, Greeks, put_row
from market.pricing.heston_law import Variance, characteristic, expected_variance, possible

INTEGRALS = row_type([(name, np.float64) for name in ("value", "wave", "bent", "by_variance", "by_years")])
"""Of an option: of Re, u Im and (u^2 + 1/4) Re of the difference, and of Re of its derivatives by variance and time."""
PHASES = row_type([(name, np.float64) for name in ("k", "cosine", "sine", "turn_cosine", "turn_sine")])
"""Of an option: k = ln(F / K), exp(i u k) at a node, and what it is multiplied by from one node to the next."""
CLOSE = 1e-11
"""Change of an integral at which halving the distance ends."""
LOST = 1e-15
"""Part of the integrand at which it is cut off."""
REACH = 10.0
"""Deviations of the log price beside the strike within which the first distance resolves its law."""
MOST_NODES, MOST_HALVINGS = 1 << 17, 10


@kernel
def _add(law: Variance, years: float, carry: float, first: float, step: float, phases: Any, sums: Any) -> bool:
    """Add the integrands at u = first, first + step, ... to the sums of every option.

    Returns whether the integrands have vanished within `MOST_NODES`.
    """
    width = expected_variance(law, years)
    for option in range(len(phases)):
        phase = phases[option]
        phase.cosine, phase.sine = math.cos(first * phase.k), math.sin(first * phase.k)
        phase.turn_cosine, phase.turn_sine = math.cos(step * phase.k), math.sin(step * phase.k)
    u, half = first, 0.5 if first == 0.0 else 1.0
    for _ in range(MOST_NODES):
        below = u * u + 0.25
        heston = characteristic(law, years, complex(u, -0.5))
        plain = math.exp(-0.5 * width * below)
        weight = half / below
        value = (heston.value - plain) * weight
        by_variance = heston.value * heston.by_variance * weight
        # time is in the exponents, and in exp(i u k), as the carry
        by_years = heston.value * heston.by_years * weight + value * complex(0.0, u * carry)
        for option in range(len(phases)):
            phase, row = phases[option], sums[option]
            turned = complex(phase.cosine, phase.sine)
            here = turned * value
            row.value += here.real
            row.wave += u * here.imag
            row.bent += below * here.real
            row.by_variance += (turned * by_variance).real
            row.by_years += (turned * by_years).real
            turned *= complex(phase.turn_cosine, phase.turn_sine)
            phase.cosine, phase.sine = turned.real, turned.imag
        if abs(heston.value) < LOST and plain < LOST:
            return True
        u, half = u + step, 1.0
    return False


@kernel
def _changed(now: float, before: float) -> bool:
    """Whether an integral has changed; one that is not a number always has."""
    return not abs(now - before) <= CLOSE * (1.0 + abs(now))


@kernel
def _unchanged(sums: Any, before: Any, step: float) -> bool:
    """Whether no integral has changed; `before` holds the last ones, and is given these."""
    any_ = False
    for option in range(len(before)):
        row, last = sums[option], before[option]
        any_ |= _changed(step * row.value, last.value) or _changed(step * row.wave, last.wave)
        any_ |= _changed(step * row.bent, last.bent) or _changed(step * row.by_variance, last.by_variance)
        any_ |= _changed(step * row.by_years, last.by_years)
        last.value, last.wave, last.bent = step * row.value, step * row.wave, step * row.bent
        last.by_variance, last.by_years = step * row.by_variance, step * row.by_years
    return not any_


@kernel
def _integrate(law: Variance, years: float, carry: float, phases: Any, sums: Any, found: Any) -> bool:
    """Write the integrals over u > 0 of every option into `found`; returns whether they converge."""
    widest = 0.0
    for option in range(len(phases)):
        widest = max(widest, abs(phases[option].k))
    step = math.pi / (widest + REACH * math.sqrt(expected_variance(law, years)))
    if not _add(law, years, carry, 0.0, step, phases, sums):
        return False
    _unchanged(sums, found, step)
    for _ in range(MOST_HALVINGS):
        if not _add(law, years, carry, 0.5 * step, step, phases, sums):
            return False
        step *= 0.5
        if _unchanged(sums, found, step):
            return True
    return False


@njit(cache=True)
def _expiry(
    spot: float, rate: float, dividend: float, strike: np.ndarray, years: float, call: np.ndarray, law: Variance,
    rows: Any,
) -> None:  # fmt: skip
    """Value the options of one expiry."""
    count, carry = len(strike), rate - dividend
    phases, sums, found = np.zeros(count, PHASES), np.zeros(count, INTEGRALS), np.zeros(count, INTEGRALS)
    volatility = math.sqrt(expected_variance(law, years) / years) if years > 0.0 else 0.0
    if volatility > 0.0:
        for at in range(count):
            phases[at].k = math.log(spot / strike[at]) + carry * years
        if not _integrate(law, years, carry, phases, sums, found):
            for at in range(count):
                put_row(rows, at, NO_PRICE)
            return
    for at in range(count):
        plain = black(spot, strike[at], years, volatility, rate, dividend, call[at])
        put_row(rows, at, _corrected(plain, found[at], spot, strike[at], years, volatility, rate, dividend, law))


@kernel
def _corrected(
    plain: Greeks, integrals: Any, spot: float, strike: float, years: float, volatility: float, rate: float,
    dividend: float, law: Variance,
) -> Greeks:  # fmt: skip
    """Add an option's integrals, and their derivatives, to Black's formula at the variance that is expected."""
    paid = 0.5 * (rate + dividend)
    scale = -math.sqrt(spot * strike) * math.exp(-paid * years) / math.pi
    # the variance of the formula is a given number: it has no vega, and no part in theta
    theta = plain.theta + (0.5 * plain.vega * volatility / years if years > 0.0 else 0.0)
    return Greeks(
        plain.price + scale * integrals.value,
        plain.delta + scale * (0.5 * integrals.value - integrals.wave) / spot,
        plain.gamma - scale * integrals.bent / (spot * spot),
        scale * integrals.by_variance * 2.0 * math.sqrt(law.now),
        theta - scale * (integrals.by_years - paid * integrals.value),
        plain.rho - years * scale * (0.5 * integrals.value + integrals.wave),
    )


@njit(cache=True)
def chain(
    spot: float,
    rate: float,
    dividend: float,
    strike: np.ndarray,
    years: np.ndarray,
    call: np.ndarray,
    law: Variance,
    found: Any,
) -> None:
    """Value many European options on one asset with stochastic variance: rows of `GREEKS` in `found`.

    Options of one expiry that follow one another share the work of it. Vega is by the square root of the present
    variance. What is no possible law or option, and a law whose integrals do not converge, gives not a number.

    Parameters
    ----------
    spot, rate, dividend
        price of the underlying [numeraire], rate of interest and yield, both continuous [1/year]
    strike, years, call
        of each option: strike [numeraire], time to expiry [years], whether it is a call
    law
        of the variance
    found
        rows of `GREEKS`, written
    """
    begin = 0
    while begin < len(strike):
        end, sound = begin, spot > 0.0 and 0.0 <= years[begin] < np.inf and possible(law)
        while end < len(strike) and years[end] == years[begin]:
            sound = sound and strike[end] > 0.0
            end += 1
        end = max(end, begin + 1)  # a time that is not a number equals no other
        if sound:
            one = slice(begin, end)
            _expiry(spot, rate, dividend, strike[one], years[begin], call[one], law, found[one])
        else:
            for at in range(begin, end):
                put_row(found, at, NO_PRICE)
        begin = end
