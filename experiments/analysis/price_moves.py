"""What bars of a price tell: span, gaps, volatility, and moves that are too large for it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from market.prices.bars import Bars
from market.prices.instants import format_instant
from market.settings import DAY_S, YEAR_S

LEAST_WINDOW = 16
"""Shortest stretch that a local volatility is taken from [returns]."""
SIGNIFICANCE = 0.01


def describe(bars: Bars) -> dict[str, Any]:
    """Return what is understood of bars, with units as suffixes.

    `volatility` is annualised, from the range of the bars (Garman and Klass 1980), `volatility_closes` from their
    closes; a gap counts in neither. `jumps` is None where there are too few bars to tell.
    """
    times, gap_s = bars.time_s.tolist(), bars.gap_s
    widest = int(np.argmax(gap_s)) if bars.gaps else None
    returns, ends = moves(bars)
    found = jumps(returns, bars.spacing_s)
    largest = int(np.argmax(np.abs(returns))) if returns.size else None
    return {
        "file": str(bars.path),
        "bars": len(bars),
        "spacing_s": bars.spacing_s,
        "first": format_instant(times[0]),
        "end": format_instant(bars.end_s),
        "seconds": bars.end_s - float(bars.time_s[0]),
        "gaps": bars.gaps,
        "missing_bars": bars.missing,
        "largest_gap_s": 0.0 if widest is None else float(gap_s[widest]),
        "largest_gap_after": None if widest is None else format_instant(times[widest] + bars.spacing_s),
        "open": float(bars.open[0]),
        "low": float(bars.low.min()),
        "high": float(bars.high.max()),
        "close": float(bars.close[-1]),
        "volatility": math.sqrt(float(bars.variance.mean()) * YEAR_S),
        "volatility_closes": math.sqrt(float(np.mean(returns**2)) / bars.spacing_s * YEAR_S) if returns.size else None,
        "jumps": None if found is None else int(found.sum()),
        "jumps_per_day": None if found is None else float(found.sum() / (returns.size * bars.spacing_s) * DAY_S),
        "jump_times": [] if found is None else [format_instant(times[i]) for i in ends[found][:20]],
        "largest_move": None if largest is None else float(np.expm1(returns[largest])),
        "largest_move_at": None if largest is None else format_instant(times[ends[largest]]),
        "repairs": list(bars.repairs),
    }


def jumps(returns: np.ndarray, spacing_s: float) -> np.ndarray | None:
    """Return which log returns, shape (n,), are jumps at 1% by the test of Lee and Mykland (2008).

    A return is compared with the bipower variation of the window before it, of sqrt(252 x returns a day) returns, and
    of half of all at most; the first returns, which have no full window before them, are never jumps. The threshold is
    that of the largest of n normal returns, so that 1% of files without a jump show one. None where there are fewer
    than 32 returns.
    """
    window = min(math.ceil(math.sqrt(252.0 * DAY_S / spacing_s)), len(returns) // 2)
    if window < LEAST_WINDOW:
        return None
    size = np.abs(returns)
    pairs = np.concatenate([[0.0], np.cumsum(size[1:] * size[:-1])])
    # of the window - 1 returns before each: their window - 2 products of neighbours
    local = np.full(len(returns), np.nan)
    last = np.arange(window, len(returns))
    local[last] = np.sqrt((pairs[last - 1] - pairs[last - window + 1]) / (window - 2))
    scale = math.sqrt(2.0 / math.pi)
    root = math.sqrt(2.0 * math.log(len(returns)))
    centre = root / scale - (math.log(math.pi) + math.log(math.log(len(returns)))) / (2.0 * scale * root)
    threshold = centre - math.log(-math.log(1.0 - SIGNIFICANCE)) / (scale * root)
    return size > threshold * np.where(local > 0.0, local, np.inf)


def moves(bars: Bars) -> tuple[np.ndarray, np.ndarray]:
    """Return the log returns from close to close of bars without a gap between, and the bar that each ends in."""
    ends = np.flatnonzero(bars.gap_s == 0) + 1
    return np.log(bars.close[ends] / bars.close[ends - 1]), ends
