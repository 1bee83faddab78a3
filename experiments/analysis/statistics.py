"""Statistics of a set of runs: standard errors, intervals, and paired comparisons between regimes.

Every interval of every table and figure is :func:`interval`: the estimate plus and minus its standard error times a
quantile of Student's law with one degree of freedom less than there are seeds. For a statistic of many seeds at once,
such as a ratio of sums, :func:`pooled` takes the standard error from the jackknife; for a mean that is the same number.
The law is exact for means of normal samples of any size. Of a hundred 95% intervals of skewed samples, those of 3, 5,
10 and 20 seeds hold the mean 93, 91, 92 and 93 times (log-normal, sigma 0.5) and 88, 88, 89 and 92 times (exponential).
Resampling ("bootstrap", bias-corrected or not) was no alternative: with 3, 5, 10 and 20 seeds it holds the mean of a
normal sample 70, 84, 89 and 93 times. Two seeds have no interval: theirs would be 25 standard errors wide, says no more
than that two are too few, and would set the scale of a figure.

Runs under different regimes with one seed share the exogenous world (prices, order flow, faults), so regimes are
compared by differences within a seed: what the seeds have in common drops out.

A *verdict* on a difference takes more than an interval: at least twenty seeds, at which those of exponential samples
miss the mean 8 times in a hundred and not 12, and Holm's correction where several are judged together. Beside its
interval a difference has its size over the spread between seeds: how much it is, measured by how much the worlds
themselves differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.later import pd, stats

LEAST = 3  # values of which an interval is given
ENOUGH = 20  # values without which every verdict is open
LEVEL = 0.05  # chance of an error that a verdict may have, in all comparisons that are judged together


def interval(sample: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Student's confidence interval of a mean.

    Parameters
    ----------
    sample : shape (n,); values that are not finite are left out
    confidence : coverage, in (0, 1)

    Returns
    -------
    Lower and upper end in the sample's unit; NaN for fewer than three values, a point when all are equal.
    """
    values = finite(sample)
    if values.size < LEAST:
        return float("nan"), float("nan")
    if np.ptp(values) == 0.0:  # the mean of equal values may differ from them by rounding
        return float(values[0]), float(values[0])
    return _student(float(values.mean()), standard_error(values), values.size, confidence)


def pooled(statistic: Callable[[NDArray[np.intp]], float], size: int, confidence: float = 0.95) -> dict[str, float]:
    """Statistic of several seeds at once, with the jackknife's standard error and interval (Tukey 1958).

    Parameters
    ----------
    statistic : its value for the seeds whose places, shape (m,), it is given
    size : number of seeds
    confidence : coverage, in (0, 1)

    Returns
    -------
    n, mean (the statistic of all seeds), standard_error, low and high, as :func:`describe`; seeds without which the
    statistic is not defined do not count.
    """
    every = np.arange(size)
    value = float(statistic(every)) if size else float("nan")
    without = finite([statistic(np.delete(every, place)) for place in every]) if size > 1 else np.zeros(0)
    n = without.size if size > 1 else size
    error = low = high = float("nan")
    if n > 1:
        error = float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
        low, high = _student(value, error, n, confidence) if n >= LEAST else (low, high)
    return {"n": n, "mean": value, "standard_error": error, "low": low, "high": high}


def _student(value: float, error: float, n: int, confidence: float) -> tuple[float, float]:
    half = float(stats.t.ppf(0.5 + 0.5 * confidence, n - 1)) * error
    return value - half, value + half


def standard_error(sample: ArrayLike) -> float:
    """Standard error of the mean of a sample of shape (n,), in its unit; NaN for fewer than two finite values."""
    values = finite(sample)
    return float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else float("nan")


def chance(sample: ArrayLike) -> float:
    """Chance of a mean as far from zero if there were none, two-sided, by Student's test of a sample of shape (n,).

    NaN for fewer than three finite values; equal values are taken as certain.
    """
    values = finite(sample)
    if values.size < LEAST:
        return float("nan")
    if np.ptp(values) == 0.0:
        return 1.0 if values[0] == 0.0 else 0.0
    return float(2.0 * stats.t.sf(abs(values.mean()) / standard_error(values), values.size - 1))


def holm(chances: ArrayLike) -> NDArray[np.float64]:
    """Chances of shape (k,) corrected for their number, so that the chance of any error among them is what they say.

    The smallest counts k times, the next k - 1 times, and none less than one before it (Holm 1979, A simple
    sequentially rejective multiple test procedure). NaN is no comparison, and stays.
    """
    found = np.array(chances, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(found))
    order = known[np.argsort(found[known], kind="stable")]
    times = np.arange(order.size, 0, -1)
    found[order] = np.minimum(np.maximum.accumulate(times * found[order]), 1.0)
    return found


def corrected(samples: Mapping[str, ArrayLike]) -> dict[str, float]:
    """Chances of differences that are judged together, by name, corrected by :func:`holm`; each sample is (n,)."""
    return dict(zip(samples, holm([chance(sample) for sample in samples.values()]).tolist(), strict=True))


def verdict(sample: ArrayLike, corrected: float) -> str:
    """Return "more", "less" or, with too few seeds or a chance of error above the level, "open".

    Parameters
    ----------
    sample : shape (n,), difference of each seed
    corrected : its chance, corrected for the number of comparisons
    """
    values = finite(sample)
    if values.size < ENOUGH or not corrected < LEVEL:
        return "open"
    return "more" if values.mean() > 0.0 else "less"


def over_spread(difference: ArrayLike, level: ArrayLike) -> float:
    """Mean difference over the standard deviation between seeds of the level that it is a difference to [1].

    Both have shape (n,); NaN where the level has fewer than two finite values or does not vary.
    """
    change, base = finite(difference), finite(level)
    spread = float(base.std(ddof=1)) if base.size > 1 else 0.0
    return float(change.mean()) / spread if change.size and spread > 0.0 else float("nan")


def describe(sample: ArrayLike, confidence: float = 0.95) -> dict[str, float]:
    """Size n, mean, standard_error, median and the interval low, high of a sample of shape (n,)."""
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
    confidence : coverage of the interval of the mean difference

    Returns
    -------
    The columns of :func:`describe` (n is the number of seeds in common), `over_spread` [1], `corrected` (the chance, by
    Holm's correction over the groups) and `verdict`, indexed by group in order of appearance, without the baseline.
    Seeds that either side lacks are left out; a group without any has n = 0 and NaN.

    Raises
    ------
    ValueError
        When the baseline has no rows, or a group has two rows for one seed.
    """
    wide = runs.pivot(index="seed", columns=by, values=outcome)
    if baseline not in wide.columns:
        raise ValueError(f"no runs of the baseline {baseline!r}; there are {', '.join(map(str, wide.columns))}")
    groups = [group for group in dict.fromkeys(runs[by]) if group != baseline]
    changes = {group: wide[group] - wide[baseline] for group in groups}
    rows = {
        group: describe(change, confidence) | {"over_spread": over_spread(change, wide[baseline])}
        for group, change in changes.items()
    }
    found = pd.DataFrame.from_dict(rows, orient="index", columns=[*describe([]), "over_spread"])
    found["corrected"] = holm([chance(change) for change in changes.values()])
    judged = zip(changes.values(), found["corrected"], strict=True)
    found["verdict"] = [verdict(change, corrected) for change, corrected in judged]
    return found


def finite(sample: ArrayLike) -> NDArray[np.float64]:
    """Finite values of a sample as a float array of shape (m,), m <= n."""
    values = np.asarray(sample, dtype=np.float64)
    return values[np.isfinite(values)]


def mean_and_error(sample: ArrayLike, absent: str = "") -> str:
    """Mean (standard error) as a table prints them, three and two digits; ``absent`` for no finite value."""
    values = finite(sample)
    if not values.size:
        return absent
    error = f" ({standard_error(values):.2g})" if values.size > 1 else ""
    return f"{values.mean():.3g}{error}"
