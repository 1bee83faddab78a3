"""How many seeds a stated difference needs, from the spread of paired differences between a few pilot seeds.

The test is Student's, two-sided, of the mean paired difference. Its power for a difference d with standard deviation s
between seeds is that of the non-central law of Student with n - 1 degrees of freedom, off centre by sqrt(n) d / s
(Cohen 1988, Statistical power analysis for the behavioral sciences, chapter 2).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from experiments.analysis import statistics
from experiments.later import stats

POWER = 0.8
"""Chance that a difference as large as stated is found."""
MOST = 1_000_000
"""Seeds beyond which nobody counts."""


def power(difference: float, spread: float, n: int, level: float = statistics.LEVEL) -> float:
    """Chance that n seeds find a difference, whose standard deviation between seeds is the spread, both in one unit.

    Parameters
    ----------
    difference : mean difference
    spread : above 0
    n : at least 2
    level : chance to find one where there is none, two-sided
    """
    if n < 2:
        raise ValueError(f"n is {n}; allowed: at least 2")
    critical = float(stats.t.ppf(1.0 - 0.5 * level, n - 1))
    centre = float(np.sqrt(n)) * abs(difference) / spread
    if centre > critical + 40.0:  # certain to the last digit, where the non-central law is no longer computed well
        return 1.0
    return float(stats.nct.sf(critical, n - 1, centre) + stats.nct.cdf(-critical, n - 1, centre))


def seeds_needed(
    difference: float, spread: float, level: float = statistics.LEVEL, wanted: float = POWER
) -> int | None:
    """Fewest seeds that find a difference with the chance wanted; None for more than a million.

    At least 3, the fewest of which an interval is given; see :func:`power` for the parameters.
    """
    low, high = statistics.LEAST, statistics.LEAST
    if spread == 0.0:
        return low
    while power(difference, spread, high, level) < wanted:
        low, high = high + 1, 2 * high
        if low > MOST:
            return None
    while low < high:  # the power grows with the seeds
        middle = (low + high) // 2
        if power(difference, spread, middle, level) < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def spread_interval(sample: ArrayLike, confidence: float = 0.95) -> tuple[float, float, float]:
    """Standard deviation of a normal sample of shape (n,) and its interval by the chi-squared law, in its unit.

    NaN for fewer than two finite values.
    """
    values = statistics.finite(sample)
    if values.size < 2:
        return float("nan"), float("nan"), float("nan")
    spread, free = float(values.std(ddof=1)), values.size - 1
    tail = 0.5 * (1.0 - confidence)
    low, high = (spread * float(np.sqrt(free / stats.chi2.ppf(chance, free))) for chance in (1.0 - tail, tail))
    return spread, low, high
