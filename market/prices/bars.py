"""Bars of a price: opening, highest, lowest and closing prices over stretches of one length."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Bars:
    """Bars in the order of time; bar i spans [time_s[i], time_s[i] + spacing_s).

    Every array has shape (n_bars,), float64, and is read-only. `time_s` is seconds since 1970-01-01 UTC; prices are in
    the units of the file. A gap is a stretch between the end of a bar and the opening of the next. `repairs` says in
    plain words what was done to the file so that it could be read.
    """

    path: Path
    time_s: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    spacing_s: float
    repairs: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def gap_s(self) -> np.ndarray:
        """Time without bars after each bar but the last [s], shape (n_bars - 1,)."""
        return steps(self.time_s) - self.spacing_s

    @property
    def gaps(self) -> int:
        """Number of stretches without bars."""
        return int(np.count_nonzero(self.gap_s > 0))

    @property
    def missing(self) -> int:
        """Number of bars that the gaps have swallowed (a part of a bar counts as one)."""
        return int(np.ceil(self.gap_s / self.spacing_s).sum())

    @property
    def end_s(self) -> float:
        """End of the last bar, seconds since 1970-01-01 UTC."""
        return float(self.time_s[-1]) + self.spacing_s

    @property
    def variance(self) -> np.ndarray:
        """Variance of the log price of each bar [1/s], shape (n_bars,), by Garman and Klass (1980).

        0.5 ln(high/low)^2 - (2 ln 2 - 1) ln(close/open)^2, over the spacing; never negative, since the move from open
        to close lies within the range.
        """
        spread, move = np.log(self.high / self.low), np.log(self.close / self.open)
        return (0.5 * spread**2 - (2.0 * np.log(2.0) - 1.0) * move**2) / self.spacing_s


def steps(time_s: np.ndarray) -> np.ndarray:
    """Return the differences of times, to the microsecond: what double precision holds of seconds since 1970."""
    return np.round(np.diff(time_s), 6)
