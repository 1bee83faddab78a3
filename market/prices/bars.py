"""Bars of a price: a CSV file of opening, highest, lowest and closing prices, strictly checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from market.errors import InputError
from market.prices.rows import Table, read_table

LONGEST_GAP_S = 12 * 3600.0
"""Longest stretch without bars that a bridge may span [s]."""


@dataclass(frozen=True)
class Bars:
    """Bars in the order of time; bar i spans [time_s[i], time_s[i] + spacing_s).

    Every array has shape (n_bars,), float64, and is read-only. `time_s` is seconds since 1970-01-01 UTC; prices are in
    the units of the file. A gap is a stretch between the end of a bar and the opening of the next.
    """

    path: Path
    time_s: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    spacing_s: float

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def gap_s(self) -> np.ndarray:
        """Time without bars after each bar but the last [s], shape (n_bars - 1,)."""
        return _steps(self.time_s) - self.spacing_s

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


def read_bars(path: Path) -> Bars:
    """Read bars from a CSV file with the columns timestamp, open, high, low, close; volume is checked when present.

    Timestamps are the opening times in ISO 8601 (UTC unless they name an offset), strictly increasing; the spacing of
    the bars is the most common difference between two neighbours (the smallest, if several are equally common).

    Raises
    ------
    InputError
        no such file, a column missing, a malformed number or timestamp, a price that is not positive, open, close or
        low above high, or open, close or high below low, timestamps repeated or out of order, fewer than two bars,
        bars closer than the spacing, or a gap of more than 12 hours. One line: file, row (1 is the header), reason and
        what is allowed.
    """
    path = Path(path)
    table = read_table(path, ("timestamp", "open", "high", "low", "close"), ("volume",))
    time_s = np.array([_instant(table, i, text) for i, text in enumerate(table.columns["timestamp"])])
    prices = {name: table.numbers(name) for name in ("open", "high", "low", "close")}
    _check_prices(table, prices)
    spacing_s = _spacing(table, time_s)
    for array in (time_s, *prices.values()):
        array.setflags(write=False)
    return Bars(path, time_s, **prices, spacing_s=spacing_s)


def parse_instant(text: str) -> float:
    """Return an ISO 8601 instant (UTC unless it names an offset) as seconds since 1970-01-01 UTC.

    Raises
    ------
    ValueError
        not ISO 8601.
    """
    moment = datetime.fromisoformat(text.strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def format_instant(seconds: float) -> str:
    """Return seconds since 1970-01-01 UTC as ISO 8601 with a Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _instant(table: Table, index: int, text: str) -> float:
    try:
        return parse_instant(text)
    except ValueError:
        reason = f"timestamp {text[:40]!r} is not a time"
        raise table.error(index, reason, "ISO 8601, such as 2020-03-12T00:05:00Z") from None


def _check_prices(table: Table, prices: dict[str, np.ndarray]) -> None:
    for name, values in prices.items():
        table.reject(values <= 0, lambda i, n=name, v=values: f"{n} {v[i]:g} is not positive", "prices above 0")
    low, high = prices["low"], prices["high"]
    order = "low <= open <= high and low <= close <= high"
    table.reject(high < low, lambda i: f"high {high[i]:g} is below low {low[i]:g}", order)
    for name in ("open", "close"):
        values = prices[name]
        outside = (values < low) | (values > high)
        table.reject(
            outside, lambda i, n=name, v=values: f"{n} {v[i]:g} is outside low {low[i]:g} to high {high[i]:g}", order
        )
    if "volume" in table.columns:
        volume = table.numbers("volume")
        table.reject(volume < 0, lambda i: f"volume {volume[i]:g} is negative", "volumes of at least 0")


def _spacing(table: Table, time_s: np.ndarray) -> float:
    if len(time_s) < 2:
        raise InputError(f"{table.path}: one bar; allowed: at least two, which tell how long a bar is")
    steps = _steps(time_s)
    after = np.concatenate([[np.inf], steps])
    stamps = [text.strip() for text in table.columns["timestamp"]]
    rising = "timestamps that increase from row to row"
    table.reject(after == 0, lambda i: f"timestamp {stamps[i]} repeats the row before", rising)
    table.reject(after < 0, lambda i: f"timestamp {stamps[i]} is before that of the row before", rising)
    values, counts = np.unique(steps, return_counts=True)
    spacing = float(values[np.argmax(counts)])
    table.reject(
        after < spacing,
        lambda i: f"timestamp {stamps[i]} is {after[i]:g} s after the row before",
        f"bars at least {spacing:g} s apart, as most of them are",
    )
    after[0] = spacing
    table.reject(
        after - spacing > LONGEST_GAP_S,
        lambda i: f"gap of {(after[i] - spacing) / 3600:.1f} h before {stamps[i]}",
        f"gaps of at most {LONGEST_GAP_S / 3600:g} h",
    )
    return spacing


def _steps(time_s: np.ndarray) -> np.ndarray:
    """Return the differences of times, to the microsecond: what double precision holds of seconds since 1970."""
    return np.round(np.diff(time_s), 6)
