"""Statistics of a set of runs: standard errors and paired comparisons between regimes with bootstrap intervals.

Runs under different regimes with one seed share the exogenous world (prices, order flow, faults), so regimes are
compared by differences within a seed: what the seeds have in common drops out.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

RESAMPLES = 4999


def interval(sample: ArrayLike, confidence: float = 0.95, method: str = "BCa") -> tuple[float, float]:
    """Bootstrap confidence interval of a mean (Efron 1987).

    Parameters
    ----------
    sample : shape (n,); values that are not finite are left out
    confidence : coverage, in (0, 1)
    method : "BCa" (bias-corrected and accelerated) or "percentile"

    Returns
    -------
    Lower and upper end in the sample's unit; NaN for fewer than two values, a point when all are equal but for
    rounding. The resampling has a fixed seed, so the same sample always has the same interval.
    """
    values = finite(sample)
    if values.size < 2:
        return float("nan"), float("nan")
    if np.ptp(values) <= 1e-12 * np.abs(values).max():  # equal but for rounding
        return float(values.min()), float(values.max())
    low, high = _bootstrap(values, confidence, method)
    if not np.isfinite([low, high]).all():  # BCa has no acceleration for some samples of two or three distinct values
        low, high = _bootstrap(values, confidence, "percentile")
    return low, high


def standard_error(sample: ArrayLike) -> float:
    """Standard error of the mean of a sample of shape (n,), in its unit; NaN for fewer than two finite values."""
    values = finite(sample)
    return float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else float("nan")


def describe(sample: ArrayLike, confidence: float = 0.95) -> dict[str, float]:
    """Size n, mean, standard_error, median and the bootstrap interval low, high of a sample of shape (n,)."""
    values = finite(sample)
    low, high = interval(values, confidence)
    return {
        "n": values.size,
        "mean": float(values.mean()) if values.size else float("nan"),
        "standard_error": standard_error(values),
        "median": float(np.median(values)) if values.size else float("nan"),
        "low": low,
        "high": high,
    }


def summary(runs: pd.DataFrame, outcome: str, by: str = "regime", confidence: float = 0.95) -> pd.DataFrame:
    """Level of an outcome in each group: the columns of :func:`describe`, indexed by group in order of appearance."""
    groups = runs.groupby(by, sort=False)[outcome]
    return pd.DataFrame.from_dict({group: describe(part, confidence) for group, part in groups}, orient="index")


def paired(
    runs: pd.DataFrame, outcome: str, baseline: str = "siloed", by: str = "regime", confidence: float = 0.95
) -> pd.DataFrame:
    """Differences of an outcome to a baseline group within each seed.

    Parameters
    ----------
    runs : rows with the columns ``by``, ``seed`` and ``outcome``; at most one row for each group and seed
    outcome : column to compare
    baseline : group that the others are compared to
    by : column that names the group
    confidence : coverage of the bootstrap interval of the mean difference

    Returns
    -------
    The columns of :func:`describe` (n is the number of seeds in common), indexed by group in order of appearance,
    without the baseline. Seeds that either side lacks are left out; a group without any has n = 0 and NaN.

    Raises
    ------
    ValueError
        When the baseline has no rows, or a group has two rows for one seed.
    """
    wide = runs.pivot(index="seed", columns=by, values=outcome)
    if baseline not in wide.columns:
        raise ValueError(f"no runs of the baseline {baseline!r}; there are {', '.join(map(str, wide.columns))}")
    groups = [group for group in dict.fromkeys(runs[by]) if group != baseline]
    rows = {group: describe(wide[group] - wide[baseline], confidence) for group in groups}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(describe([])))


def finite(sample: ArrayLike) -> NDArray[np.float64]:
    """Finite values of a sample as a float array of shape (m,), m <= n."""
    values = np.asarray(sample, dtype=np.float64)
    return values[np.isfinite(values)]


def _bootstrap(values: NDArray[np.float64], confidence: float, method: str) -> tuple[float, float]:
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)  # NaN says the same
        result = stats.bootstrap(
            (values,),
            np.mean,
            n_resamples=RESAMPLES,
            confidence_level=confidence,
            method=method,
            rng=np.random.default_rng(0),
        )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)
