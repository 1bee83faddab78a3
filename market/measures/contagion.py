"""Measures of how liquidations cluster, spread and end: pure functions of when, where and how much was liquidated.

Throughout `time` [s], `rollup` and `value` [USD] have shape (n,), an entry per liquidation in order of time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def bursts(time: ArrayLike, value: ArrayLike, quiet_s: float = 60.0) -> NDArray[np.float64]:
    """Sizes of cascades [USD]: liquidations with less than `quiet_s` between one and the next are one cascade."""
    times, values = np.asarray(time, float), np.asarray(value, float)
    if not times.size:
        return np.zeros(0)
    starts = np.append(0, np.flatnonzero(np.diff(times) >= quiet_s) + 1)
    return np.add.reduceat(values, starts)


def hill(sizes: ArrayLike, largest: int) -> tuple[float, float]:
    """Tail index from the `largest` order statistics, and its standard error (Hill 1975).

    With x(0) >= x(1) >= ... the index is k / sum_{i<k} log(x(i) / x(k)); asymptotically its relative standard error is
    1 / sqrt(k). NaN when there are not more than `largest` positive sizes, or the largest are all equal.
    """
    positive = np.sort(np.asarray(sizes, float))[::-1]
    positive = positive[positive > 0.0]
    if largest < 1:
        raise ValueError(f"largest must be at least 1, not {largest}")
    if positive.size <= largest:
        return float("nan"), float("nan")
    excess = float(np.log(positive[:largest] / positive[largest]).sum())
    if excess <= 0.0:
        return float("nan"), float("nan")
    return largest / excess, largest / excess / np.sqrt(largest)


def peak(time: ArrayLike, value: ArrayLike, window_s: float = 60.0) -> float:
    """Largest value liquidated within any stretch shorter than `window_s` [USD]."""
    times, values = np.asarray(time, float), np.asarray(value, float)
    if not times.size:
        return 0.0
    total = np.append(0.0, np.cumsum(values))
    first = np.searchsorted(times, times - window_s, side="right")
    return float((total[1:] - total[first]).max())


def hit_together(
    time: ArrayLike, rollup: ArrayLike, value: ArrayLike, debt: ArrayLike, share: float, window_s: float = 60.0
) -> int:
    """Most rollups of whose debt at least `share` is liquidated within one and the same stretch of `window_s`.

    `debt` has shape (rollups,): what was owed at the start [USD]; a rollup without debt is never hit.
    """
    times, places, values = np.asarray(time, float), np.asarray(rollup, np.int64), np.asarray(value, float)
    owed = np.asarray(debt, float)
    if not times.size:
        return 0
    by_rollup = np.zeros((times.size + 1, owed.size))
    by_rollup[np.arange(times.size) + 1, places] = values
    total = by_rollup.cumsum(axis=0)
    first = np.searchsorted(times, times - window_s, side="right")
    within = total[1:] - total[first]
    return int(((within >= share * owed) & (owed > 0.0)).sum(axis=1).max())


def spread(rollup: ArrayLike, value: ArrayLike, cause: ArrayLike, rollups: int) -> NDArray[np.float64]:
    """Value liquidated on each rollup because of sales of each [USD]: shape (causing, liquidated).

    `cause` has shape (n, rollups): shares of :func:`market.cascades.attribute`.
    """
    found = np.zeros((rollups, rollups))
    weights = np.asarray(cause, float) * np.asarray(value, float)[:, None]
    np.add.at(found.T, np.asarray(rollup, np.int64), weights)
    return found


def recovery_s(
    time: ArrayLike, value: ArrayLike, gaps: ArrayLike, sampled: ArrayLike, gap_bp: float, calm_usd: float,
    window_s: float = 60.0,
) -> float:  # fmt: skip
    """Time from the first liquidation until prices and liquidations are back to normal for good [s].

    Back to normal: every pool's price within `gap_bp` of the outside price, and at most `calm_usd` liquidated in the
    last `window_s`. If that is not reached before the last sample, the time up to it: a lower bound. 0 without
    liquidations.

    Parameters
    ----------
    gaps : (samples, pools) log of pool price over outside price
    sampled : (samples,) times of the samples, ascending [s]
    """
    times, values = np.asarray(time, float), np.asarray(value, float)
    seconds, apart = np.asarray(sampled, float), np.abs(np.asarray(gaps, float)).max(axis=1)
    if not times.size:
        return 0.0
    total = np.append(0.0, np.cumsum(values))
    until = np.searchsorted(times, seconds, side="right")
    since = np.searchsorted(times, seconds - window_s, side="right")
    restless = (apart > 1e-4 * gap_bp) | (total[until] - total[since] > calm_usd)
    late = np.flatnonzero(restless & (seconds >= times[0]))
    if not late.size:
        return 0.0
    end = min(int(late[-1]) + 1, seconds.size - 1)
    return float(seconds[end] - times[0])
