"""Which strikes an expiry is listed with: around the price, the middle one at it.

With s = sigma sqrt(T) and k counted from the middle: spaced by moneyness K = F exp(k step); by deviations
K = F exp(k step s); by delta the call at K has the delta N(d1) = 1 - j / (n + 1), j from 1 to n, so that
K = F exp(s^2 / 2 - s z), z that quantile of the normal distribution.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from market.settings import YEAR_S
from market.venues.options.config import OptionsConfig


def strikes(spec: OptionsConfig, price: float, tenor_s: float) -> np.ndarray:
    """Return the strikes of an expiry, ascending: shape (strikes,) [USD].

    Parameters
    ----------
    spec
        how strikes are spaced
    price
        of the underlying when the expiry is listed [USD]
    tenor_s
        time to expiry [s]
    """
    sd = spec.volatility * np.sqrt(tenor_s / YEAR_S)
    steps = np.arange(spec.strikes) - 0.5 * (spec.strikes - 1)
    if spec.spaced == "delta":
        deltas = 1.0 - np.arange(1, spec.strikes + 1) / (spec.strikes + 1)
        quantiles = np.array([NormalDist().inv_cdf(float(delta)) for delta in deltas])
        return price * np.exp(0.5 * sd * sd - sd * quantiles)
    return price * np.exp(steps * spec.step * (sd if spec.spaced == "deviations" else 1.0))
