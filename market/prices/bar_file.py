"""Reading of price files, whoever wrote them: what is plain is read, and said; what is not is asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from market.errors import InputError
from market.prices.bars import Bars, steps
from market.prices.files import exists, located
from market.prices.headers import named_columns
from market.prices.instants import LONGEST_GAP_S, DayOrder, read_instants
from market.prices.names import PRICES, SETTLES, known
from market.prices.numbers import missing, read_numbers
from market.prices.points import bars_of_points
from market.prices.rows import Table, read_grid

if TYPE_CHECKING:
    from market.prices.config import PriceConfig

ROUNDING = 1e-9
"""Relative error of a price that was computed: by so much it may lie outside the range of its bar."""
LARGEST_JUMP = 5.0
"""Largest factor between the close of a bar and the opening of the next: beyond it, one of them is in another unit."""
_ANY_JUMP = ", or any with --set prices.any_jump=true"
_END_SLACKS_S = ((1e-3, 1.0), (1e-6, 1.0), (1.0, 60.0))
"""By how much a time may be short of the end of its bar that is meant to be its last instant, and the shortest bars of
which that is believed [s]."""


def read_bars(
    path: Path,
    columns: Mapping[str, str] | None = None,
    ticker: str | None = None,
    order: DayOrder | None = None,
    any_time: bool = False,
    any_jump: bool = False,
) -> Bars:
    """Read the bars of a file: text in any usual form, or parquet, packed or not.

    Found out from the file are: delimiter, header or none, names of columns, form of times, order of rows, and decimal
    sign. A series of points becomes bars that open where the one before closed. Times are the opening times of bars,
    UTC unless they name an offset; where a file has only their ends, these are moved back by a spacing. The spacing is
    the most common difference between two neighbours (the smallest, if several are equally common). Rows without
    prices are gaps; a bar twice is one; a last bar that is still open is dropped. `Bars.repairs` tells of all of it.

    Parameters
    ----------
    path
        the file, with ``~`` for the home folder and ``-`` for the standard input.
    columns
        names of columns, or their numbers from 1 on, by role (timestamp, open, high, low, close, volume, price).
    ticker
        which of several to read.
    order
        of day and month in dates such as 05/08/2024, where nothing shows it.
    any_time
        whether times before 2008 and in the future are believed.
    any_jump
        whether prices are believed that change by a factor of five within a bar, or from one bar to the next.

    Raises
    ------
    InputError
        no such file, or no table; columns, times or numbers that may be read in two ways; a price that is not positive,
        open, close or low above high, or open, close or high below low; prices that change by a factor of five from one
        bar to the next or within one; rows in no order, a time twice with different prices, fewer than two bars, bars
        closer than the spacing, or a gap of more than 12 hours. One line: file, row (the line in the file), what was
        seen, and what is allowed.
    """
    columns = columns or {}
    grid = read_grid(Path(path), lambda rows: known(rows, columns), SETTLES)
    table, ends = named_columns(grid, columns, ticker)
    table = _with_prices(table)
    time_s = read_instants(table, table.columns["timestamp"], order, any_time)
    names = [name for name in (*PRICES, "price") if name in table.columns]
    extra = ["volume"] if "volume" in table.columns else []
    values = read_numbers(table, [*names, *extra], suffixed=extra)
    for name in names:
        numbers = values[name]
        table.reject(numbers <= 0, lambda i, n=name, v=numbers: f"{n} {v[i]:g} is not positive", "prices above 0")
    table, time_s, values = _in_order(table, time_s, values)
    if "price" in values:
        if not any_jump:
            _check_jumps(table, values["price"][1:], values["price"][:-1])
        found, spacing_s = bars_of_points(table, time_s, values["price"])
        time_s, *prices = found
    else:
        values = _within_range(table, values)
        table, time_s, values, spacing_s = _spaced(table, time_s, values)
        time_s = _opening(table, time_s, spacing_s, ends)
        if not any_jump:
            _check_jumps(table, values["open"][1:], values["close"][:-1])
            _check_ranges(table, values)
        prices = [values[name] for name in PRICES]
    for array in (time_s, *prices):
        array.setflags(write=False)
    return Bars(table.path, time_s, *prices, spacing_s=spacing_s, repairs=tuple(table.repairs))


def bars_of(prices: PriceConfig) -> Bars:
    """Return the bars that a configuration replays; InputError as :func:`read_bars` raises it."""
    assert prices.file is not None  # the configuration sees to it
    return read_bars(prices.file, prices.columns, prices.ticker, prices.dates, prices.any_time, prices.any_jump)


def split_ticker(text: str) -> tuple[str, str | None]:
    """Return the file and the ticker that ``FILE:TICKER`` names; a file of exactly that name comes first."""
    file, colon, ticker = text.rpartition(":")
    if colon and file and ticker and not exists(located(text)) and exists(located(file)):
        return file, ticker
    return text, None


def _count(number: int, one: str, many: str) -> str:
    return f"one {one}" if number == 1 else f"{number} {many}"


def _with_prices(table: Table) -> Table:
    """Leave out rows without any price: they are gaps. One with some of its prices is complained of."""
    names = [name for name in (*PRICES, "price") if name in table.columns]
    gone = np.array([missing(table.columns[name]) for name in names])
    none = gone.all(axis=0)
    for name, absent in zip(names, gone, strict=True):
        texts = table.columns[name]
        table.reject(absent & ~none, lambda i, n=name, t=texts: f"{n} {t[i]!r} is not a number", "a finite number")
    if none.all():
        raise InputError(f"{table.path}: no prices in any row; allowed: rows with prices")
    if none.any():
        table = table.take(np.flatnonzero(~none))
        table.repairs.append(f"{_count(int(none.sum()), 'row', 'rows')} without a price left out, as gaps")
    return table


def _in_order(
    table: Table, time_s: np.ndarray, values: dict[str, np.ndarray]
) -> tuple[Table, np.ndarray, dict[str, np.ndarray]]:
    """Return the rows from the oldest to the newest, each once."""
    if len(time_s) > 1 and time_s[0] > time_s[-1]:
        turned = np.arange(len(time_s))[::-1]
        table, time_s, values = _taken(turned, table, time_s, values)
        table.repairs.append("rows from newest to oldest turned round")
    first_at: dict[float, int] = {}
    kept = []
    for i, at in enumerate(time_s.tolist()):
        first = first_at.setdefault(at, i)
        if first == i:
            kept.append(i)
        elif differs := [
            name for name, v in values.items() if v[i] != v[first] and not np.isnan([v[i], v[first]]).all()
        ]:
            shown, before = (", ".join(f"{n} {values[n][row]:.10g}" for n in differs) for row in (i, first))
            raise table.error(
                i,
                f"timestamp {table.columns['timestamp'][i]} is that of row {table.lines[first]}, with {shown} against "
                f"{before}",
                "each time once, or twice with the same prices",
            )
    if len(kept) < len(time_s):
        repeats = len(time_s) - len(kept)
        table, time_s, values = _taken(np.array(kept), table, time_s, values)
        table.repairs.append(f"{_count(repeats, 'row', 'rows')} repeated as they were left out")
    stamps = table.columns["timestamp"]
    back = np.concatenate([[False], np.diff(time_s) < 0])
    table.reject(
        back,
        lambda i: f"timestamp {stamps[i]} is before that of the row before",
        "timestamps that increase from row to row, or decrease from row to row",
    )
    return table, time_s, values


def _taken(
    rows: np.ndarray, table: Table, time_s: np.ndarray, values: dict[str, np.ndarray]
) -> tuple[Table, np.ndarray, dict[str, np.ndarray]]:
    return table.take(rows), time_s[rows], {name: numbers[rows] for name, numbers in values.items()}


def _within_range(table: Table, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the values with open and close in the range of their bar, where they miss it by rounding alone."""
    if "volume" in values:
        volume = values["volume"]
        table.reject(volume < 0, lambda i: f"volume {volume[i]:.10g} is negative", "volumes of at least 0")
    low, high = values["low"], values["high"]
    order = "low <= open <= high and low <= close <= high"
    table.reject(high < low * (1.0 - ROUNDING), lambda i: f"high {high[i]:.10g} is below low {low[i]:.10g}", order)
    rounded = high < low
    low, high = np.minimum(low, high), np.maximum(low, high)
    ends = {}
    for name in ("open", "close"):
        value = values[name]
        outside = (value < low * (1.0 - ROUNDING)) | (value > high * (1.0 + ROUNDING))
        table.reject(
            outside,
            lambda i, n=name, v=value: f"{n} {v[i]:.10g} is outside low {low[i]:.10g} to high {high[i]:.10g}",
            order,
        )
        ends[name] = np.minimum(np.maximum(value, low), high)
        rounded |= ends[name] != value
    if rounded.any():
        table.repairs.append(f"{_count(int(rounded.sum()), 'bar', 'bars')} out of range by rounding alone put in range")
    return {**values, **ends, "low": low, "high": high}


def _spaced(
    table: Table, time_s: np.ndarray, values: dict[str, np.ndarray]
) -> tuple[Table, np.ndarray, dict[str, np.ndarray], float]:
    """Return the bars that are complete, and their spacing [s]."""
    if len(time_s) < 2:
        raise InputError(f"{table.path}: one bar; allowed: at least two, which tell how long a bar is")
    step = steps(time_s)
    lengths, counts = np.unique(step, return_counts=True)
    spacing = float(lengths[np.argmax(counts)])
    whole = not np.remainder(np.round(step[:-1] / spacing, 9), 1.0).any()
    last = float(step[-1])
    if len(step) > 1 and whole and last < 2.0 * spacing and last != spacing:
        stamp = table.columns["timestamp"][-1]
        table, time_s, values = _taken(np.arange(len(time_s) - 1), table, time_s, values)
        table.repairs.append(f"last bar, at {stamp}, dropped: it was still open")
        step = step[:-1]
    stamps = table.columns["timestamp"]
    after = np.concatenate([[spacing], step])
    table.reject(
        after < spacing,
        lambda i: f"timestamp {stamps[i]} is {after[i]:g} s after the row before",
        f"bars at least {spacing:g} s apart, as most of them are",
    )
    table.reject(
        after - spacing > LONGEST_GAP_S,
        lambda i: f"gap of {(after[i] - spacing) / 3600:.1f} h before {stamps[i]}",
        f"gaps of at most {LONGEST_GAP_S / 3600:g} h",
    )
    return table, time_s, values, spacing


def _opening(table: Table, time_s: np.ndarray, spacing_s: float, ends: bool) -> np.ndarray:
    """Return the opening times of bars of which the last instants are known instead, and so are found to be.

    They are where a column says so, or where every time is an instant short of a whole number of spacings.
    """
    on_grid = _all_whole(time_s, spacing_s)
    slacks = [slack for slack, least in _END_SLACKS_S if spacing_s >= least and _all_whole(time_s + slack, spacing_s)]
    if not ends and (on_grid or not slacks):
        return time_s
    shift = spacing_s - (0.0 if on_grid or not slacks else slacks[0])
    table.repairs.append(f"times are the ends of the bars: they open {spacing_s:g} s earlier")
    return np.round(time_s - shift, 6)


def _all_whole(time_s: np.ndarray, spacing_s: float) -> bool:
    """Return whether all times are whole numbers of spacings, to what double precision holds of times."""
    off = np.remainder(time_s, spacing_s)
    return bool((np.minimum(off, spacing_s - off) < 4e-7).all())


def _check_jumps(table: Table, price: np.ndarray, before: np.ndarray) -> None:
    jump = np.concatenate([[1.0], np.maximum(price / before, before / price)])
    table.reject(
        jump >= LARGEST_JUMP,
        lambda i: (
            f"{price[i - 1]:g} after {before[i - 1]:g}, a factor of {jump[i]:.3g}: another unit, or another asset?"
        ),
        f"prices within a factor of {LARGEST_JUMP:g} from one bar to the next{_ANY_JUMP}",
    )


def _check_ranges(table: Table, values: dict[str, np.ndarray]) -> None:
    opens, closes = values["open"], values["close"]
    above = values["high"] / np.maximum(opens, closes)
    below = np.minimum(opens, closes) / values["low"]
    table.reject(
        np.maximum(above, below) >= LARGEST_JUMP,
        lambda i: (
            f"low {values['low'][i]:g} to high {values['high'][i]:g} about open {opens[i]:g} and close {closes[i]:g}"
        ),
        f"bars within a factor of {LARGEST_JUMP:g} of their ends{_ANY_JUMP}",
    )
