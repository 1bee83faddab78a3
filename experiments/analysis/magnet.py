"""Does a circuit breaker pull the market towards its trigger? Statistics of the approach to a threshold.

All are of what happens *after* the breaker was seen near its trigger, so that nothing follows from the approach itself:
increments of a price that does not look at the breaker have the same law near the threshold as far from it, and reach
it with the same chance whether it pauses anybody or not (Chen, Petukhov, Wang, Xing 2024, J. Finance 79, with evidence
of either sign elsewhere). Sums are kept, not ratios, so that runs can be pooled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

SUMS = ("time_s", "returns", "sum", "squares", "cubes", "traded_usd")
PLACES = ("near", "far")


def first_trigger(share: ArrayLike) -> int:
    """Index of the first entry of a series of level over threshold that is 1 or more; its length if there is none."""
    reached = np.flatnonzero(np.asarray(share, float) >= 1.0)
    return int(reached[0]) if reached.size else len(np.asarray(share))


def near(share: ArrayLike, low: float) -> NDArray[np.bool_]:
    """Mark where level over threshold lies in [low, 1): shape of `share`."""
    known = np.asarray(share, float)
    return (known >= low) & (known < 1.0)


def approach(
    share: ArrayLike, log_price: ArrayLike, traded_usd: ArrayLike, step_s: float, low: float
) -> dict[str, float]:
    """Sums over the steps that began near the threshold and far from it, before it was reached.

    Parameters
    ----------
    share : shape (n,), level over threshold at the start of each step [1]
    log_price : shape (n + 1,), at the start of each step and the end of the last [1]
    traded_usd : shape (n,), volume traded within each step [USD]
    step_s : length of a step [s]
    low : share from which on the threshold is near, in (0, 1) [1]

    Returns
    -------
    `near_*` and `far_*` for each of :data:`SUMS` (log returns enter as sum, squares and cubes), and `approached`,
    `triggered`: 1 if the share ever was in [low, 1) before the first trigger, and if it ever reached 1.
    """
    known = np.asarray(share, float)
    end = first_trigger(known)
    returns = np.diff(np.asarray(log_price, float))[:end]
    close = near(known[:end], low)
    report: dict[str, float] = {}
    for place, mask in zip(PLACES, (close, ~close), strict=True):
        part = returns[mask]
        values = (part.size * step_s, part.size, part.sum(), (part**2).sum(), (part**3).sum())
        traded = np.asarray(traded_usd, float)[:end][mask].sum()
        report |= {f"{place}_{name}": float(value) for name, value in zip(SUMS, (*values, traded), strict=True)}
    return report | {"approached": float(close.any()), "triggered": float(end < known.size)}


def pooled(runs: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Statistics of several runs' sums: volatility per sqrt(s), skewness and trading rate [USD/s], near and far.

    `volatility_ratio` and `trading_ratio` are near over far; `trigger_chance` is the share of runs that reached the
    threshold among those that came near it or reached it. NaN where there is nothing to divide by.
    """
    rows = list(runs)
    found: dict[str, float] = {}
    for place in PLACES:
        seconds, count, first, second, third, traded = (
            float(sum(row[f"{place}_{name}"] for row in rows)) for name in SUMS
        )
        mean = _over(first, count)
        variance = _over(second, count) - mean**2
        cube = _over(third, count) - 3.0 * mean * _over(second, count) + 2.0 * mean**3
        found[f"{place}_volatility"] = np.sqrt(max(variance, 0.0) * _over(count, seconds)) if count else np.nan
        found[f"{place}_skewness"] = _over(cube, variance**1.5) if count else np.nan
        found[f"{place}_trading_usd_per_s"] = _over(traded, seconds)
    found["volatility_ratio"] = _over(found["near_volatility"], found["far_volatility"])
    found["trading_ratio"] = _over(found["near_trading_usd_per_s"], found["far_trading_usd_per_s"])
    came = [row for row in rows if row["approached"] or row["triggered"]]
    found["trigger_chance"] = _over(sum(row["triggered"] for row in came), len(came))
    return found


def _over(amount: float, base: float) -> float:
    return amount / base if base > 0.0 else float("nan")
