"""The characteristic function of a price with stochastic variance, and its derivatives.

dS = (r - q) S dt + sqrt(v) S dB, dv = kappa (theta - v) dt + xi sqrt(v) dW, dB dW = rho dt. With X = ln(S_T / F),
E[exp(i z X)] = exp(A + B v) solves dB/dT = -(z^2 + i z) / 2 + (i rho xi z - kappa) B + xi^2 B^2 / 2, dA/dT = kappa
theta B. With b = kappa - i rho xi z, d = sqrt(b^2 + xi^2 (z^2 + i z)) and e = exp(-d T), of the two solutions the one
with the decaying exponential stays on one branch of the logarithm; written with (b - d) / xi^2 =
-(z^2 + i z) / (b + d), it has a limit where xi vanishes and the variance is certain.
Sources: S. L. Heston (1993), A closed-form solution for options with stochastic volatility, Review of Financial Studies
6, 327-343; H. Albrecher, P. Mayer, W. Schoutens and J. Tistaert (2007), The little Heston trap, Wilmott, January,
83-92, for the branch.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from market.kernel.compiled import kernel

SMALL = 0.02
"""Size up to which ln(1 + y) / y is a series."""


class Variance(NamedTuple):
    """Law of a variance that reverts to a mean."""

    now: float
    """v [1/year]"""
    reversion: float
    """kappa [1/year]"""
    mean: float
    """theta [1/year]"""
    vol_of_vol: float
    """xi [1/year]"""
    correlation: float
    """rho, with the price [1]"""


class Exponents(NamedTuple):
    """Of the characteristic function exp(A + B v), and its derivative by the time to expiry."""

    value: complex
    """exp(A + B v)"""
    by_variance: complex
    """B"""
    by_years: complex
    """dA/dT + v dB/dT [1/year]"""


@kernel
def possible(law: Variance) -> bool:
    """Whether there is such a law."""
    finite = math.isfinite(law.now) and math.isfinite(law.reversion) and math.isfinite(law.mean)
    signs = law.now >= 0.0 and law.reversion >= 0.0 and law.mean >= 0.0 and law.vol_of_vol >= 0.0
    return finite and signs and math.isfinite(law.vol_of_vol) and -1.0 <= law.correlation <= 1.0


@kernel
def expected_variance(law: Variance, years: float) -> float:
    """Mean of the variance of the log price until expiry, summed up over time [1]."""
    reverted = law.reversion * years
    share = -math.expm1(-reverted) / reverted if reverted > 0.0 else 1.0
    return years * (law.mean + (law.now - law.mean) * share)


@kernel
def _log1p_over(y: complex) -> complex:
    """Return ln(1 + y) / y."""
    if abs(y) > SMALL:
        return np.log(1.0 + y) / y
    total, power = 1.0 + 0.0j, 1.0 + 0.0j
    for order in range(2, 11):
        power *= -y
        total += power / order
    return total


@kernel
def characteristic(law: Variance, years: float, z: complex) -> Exponents:
    """Characteristic function of the logarithm of the price over its forward price, at z."""
    xi2 = law.vol_of_vol * law.vol_of_vol
    source = z * z + 1j * z
    b = law.reversion - 1j * law.correlation * law.vol_of_vol * z
    d = np.sqrt(b * b + xi2 * source)
    if b + d == 0.0:  # neither reverts nor moves
        return Exponents(np.exp(-0.5 * source * years * law.now), -0.5 * source * years, -0.5 * source * law.now)
    ending = np.exp(-d * years)
    level = -source / (b + d)  # (b - d) / xi^2
    ratio = xi2 * level / (b + d)
    by_variance = level * (1.0 - ending) / (1.0 - ratio * ending)
    grown = level / (b + d) * (1.0 - ending) / (1.0 - ratio)  # over xi^2
    constant = law.reversion * law.mean * (level * years - 2.0 * grown * _log1p_over(xi2 * grown))
    slope = -0.5 * source - b * by_variance + 0.5 * xi2 * by_variance * by_variance
    value = np.exp(constant + by_variance * law.now)
    return Exponents(value, by_variance, law.reversion * law.mean * by_variance + law.now * slope)
