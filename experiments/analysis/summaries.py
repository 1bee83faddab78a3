"""Summaries of runs: the long tables, one row for each cell and outcome, that figures draw.

A row has the levers of its cell, the name of the ``outcome``, its ``mean`` over the cell's runs, the ends ``low`` and
``high`` of the 95% interval, ``standard_error``, the number ``n`` of runs that have the outcome, and ``values``, the
outcome of each of the cell's runs in the order of runs.parquet. All are in the outcome's unit, which its name ends in.
Studies add columns of their own, such as an exact value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.analysis import statistics
from experiments.later import pd

COLUMNS = ("outcome", "mean", "low", "high", "standard_error", "n", "values")
NOT_OUTCOMES = ("run_id", "study", "regime", "seed", "status", "error")

type Row = dict[str, Any]


def row(outcome: str, sample: ArrayLike, **more: Any) -> Row:
    """Row of one cell; ``sample``, shape (runs,), is the outcome of each run, ``more`` are levers and other columns."""
    found = statistics.describe(sample)
    kept = {name: found[name] for name in ("mean", "low", "high", "standard_error", "n")}
    return {**more, "outcome": outcome, **kept, "values": [float(value) for value in np.asarray(sample, float)]}


def pooled(outcome: str, found: Mapping[str, float], **more: Any) -> Row:
    """Row of a statistic of all runs of a cell at once (:func:`statistics.pooled`): no run has a value of its own."""
    return {**more, "outcome": outcome, **found, "values": []}


def by_cell(runs: pd.DataFrame, keys: Sequence[str], outcomes: Iterable[str], **more: Any) -> list[Row]:
    """Rows of each outcome in each cell, cells in order of appearance.

    Parameters
    ----------
    runs : finished rows of runs.parquet
    keys : columns of runs that make a cell
    outcomes : numeric columns of runs
    more : further columns, the same in every row
    """
    names = list(outcomes)
    return [row(name, values(part, name), **cell, **more) for cell, part in cells(runs, keys) for name in names]


def cells(runs: pd.DataFrame, keys: Sequence[str]) -> list[tuple[Row, pd.DataFrame]]:
    """Levers and runs of each cell, in order of appearance."""
    columns = [[None if pd.isna(value) else value for value in runs[key]] for key in keys]
    found = dict.fromkeys(zip(*columns, strict=True)) if keys else {(): None}
    levers = [dict(zip(keys, values, strict=True)) for values in found]
    return [(cell, where(runs, **cell)) for cell in levers]


def less(runs: pd.DataFrame, sample: ArrayLike, keys: Sequence[str], **baseline: Any) -> NDArray[np.float64]:
    """Differences to the baseline at the same seed, shape (runs,); NaN for seeds that the baseline lacks.

    Parameters
    ----------
    runs : finished rows of runs.parquet
    sample : shape (runs,)
    keys : columns of runs that a run and what it is compared with have in common, besides the seed
    baseline : columns and values that tell the baseline's runs
    """
    return np.asarray(sample, float) - same_seed(runs, sample, keys, **baseline)


def same_seed(runs: pd.DataFrame, sample: ArrayLike, keys: Sequence[str], **baseline: Any) -> NDArray[np.float64]:
    """For each run the baseline's value at the same seed, shape (runs,); see :func:`less`."""
    names = [*keys, "seed"]
    places = list(zip(*(runs[name] for name in names), strict=True))
    amounts, chosen = np.asarray(sample, float), mask(runs, **baseline)
    known = {place: amount for place, amount, is_base in zip(places, amounts, chosen, strict=True) if is_base}
    return np.array([known.get(place, np.nan) for place in places])


def where(runs: pd.DataFrame, **levers: Any) -> pd.DataFrame:
    """Rows of runs in which the columns named have the values given."""
    return runs.take(np.flatnonzero(mask(runs, **levers)))


def mask(runs: pd.DataFrame, **levers: Any) -> NDArray[np.bool_]:
    """Mark the rows of runs in which the columns named have the values given; None is for cells without one."""
    chosen = np.ones(len(runs), dtype=bool)
    for column, value in levers.items():
        chosen &= np.asarray(runs[column].isna() if value is None else runs[column] == value, dtype=bool)
    return chosen


def values(runs: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """A column as floats, shape (rows of runs,)."""
    return np.asarray(runs[column], dtype=float)


def table(rows: Iterable[Row]) -> pd.DataFrame:
    """Summary of rows, with the columns that every summary has even when there are none."""
    found = pd.DataFrame(list(rows))
    return found if len(found) else pd.DataFrame(columns=list(COLUMNS))


def plain(runs: pd.DataFrame, levers: Iterable[str]) -> pd.DataFrame:
    """Summary of a study that has none of its own: every numeric outcome by levers and regime."""
    keys = [*levers, "regime"]
    numeric = runs.select_dtypes("number").columns
    return table(by_cell(runs, keys, [name for name in numeric if name not in (*keys, *NOT_OUTCOMES)]))


def printed(runs: pd.DataFrame, keys: Mapping[str, str], columns: Mapping[str, tuple[str, float]]) -> pd.DataFrame:
    """The table of a study: a row for each cell, with means over its runs (standard errors).

    Parameters
    ----------
    runs
        a row for each
    keys
        by lever, the name of its column
    columns
        by name of a column with its unit, the outcome and the factor from the outcome's unit to it
    """
    rows = []
    for key, part in runs.groupby(list(keys), sort=False):
        levers: Any = key
        row: dict[str, Any] = dict(zip(keys.values(), levers, strict=True))
        for name, (column, scale) in columns.items():
            found = statistics.describe(scale * part[column])
            row[name] = f"{found['mean']:.3g} ({found['standard_error']:.2g})"
        rows.append(row)
    return pd.DataFrame(rows)
