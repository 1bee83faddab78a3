"""What the runs of a comparison say: levels by cell, and differences within a seed to the first value of each lever.

A difference is to the cell that has the first value of one lever, or of several that vary together, and all others
alike. Verdicts are by Holm's correction over all differences of all outcomes that are compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.analysis import answers, statistics, summaries, written
from experiments.analysis.summaries import Row
from experiments.later import pd
from market.errors import InputError

type Base = dict[str, Any]
"""Levers that vary together and their first values, by column."""

UNITS = {
    "_usd": "USD", "_eth": "ETH", "_bp": "bp", "_bp_of_retail": "bp of retail", "_s": "s", "_usd_day": "USD/day",
    "_usd_per_day": "USD/day", "_bp_per_day": "bp/day", "_bp_day": "bp/day", "_share": "1",
}  # fmt: skip
"""Units by the ends of names, the longest that fits."""
KEPT = ("_share", "")
"""Ends that say more than the unit."""


def summary(runs: pd.DataFrame, levers: Sequence[str], bases: Sequence[Base], outcomes: Sequence[str]) -> pd.DataFrame:
    """Levels of each cell, with an empty ``less``, and differences, with what they are differences to.

    Parameters
    ----------
    runs : finished rows of runs.parquet
    levers : columns that make a cell
    bases : what is compared, each with the first values of levers that vary together
    outcomes : numeric columns of runs

    Returns
    -------
    Rows as in :mod:`experiments.analysis.summaries`, differences with ``over_spread`` [1], ``corrected`` and
    ``verdict`` besides (:func:`statistics.paired`), and all with the outcome's ``title`` and ``unit`` as printed.
    """
    for name in outcomes:
        if name in runs and not pd.api.types.is_numeric_dtype(runs[name]):
            raise InputError(f"--outcome {name}: is a text; allowed: outcomes that are numbers")
    runs = runs.assign(**{name: np.nan for name in outcomes if name not in runs})
    keys = list(dict.fromkeys([*levers, "regime"]))
    rows = summaries.by_cell(runs, keys, outcomes, less="")
    changes = [row for base in bases for row in _differences(runs, keys, levers, base, outcomes)]
    corrected = statistics.holm([statistics.chance(row["values"]) for row in changes])
    for row, chance in zip(changes, corrected, strict=True):
        row |= {"corrected": float(chance), "verdict": statistics.verdict(row["values"], float(chance))}
    for row in (*rows, *changes):
        row["title"], row["unit"] = title_and_unit(row["outcome"])
    return summaries.table([*rows, *changes])


def _differences(
    runs: pd.DataFrame, keys: Sequence[str], levers: Sequence[str], base: Base, outcomes: Sequence[str]
) -> list[Row]:
    """Rows of the differences to the first values of some levers, in cells where the others are alike."""
    others = [key for key in levers if key not in base]
    chosen = ~summaries.mask(runs, **base)
    apart = runs.take(np.flatnonzero(chosen))
    change = {name: summaries.less(runs, runs[name], others, **base) for name in outcomes}
    level = {name: summaries.same_seed(runs, runs[name], others, **base) for name in outcomes}
    changed = apart.assign(**{name: values[chosen] for name, values in change.items()})
    levels = apart.assign(**{name: values[chosen] for name, values in level.items()})
    rows = summaries.by_cell(changed, keys, outcomes, less=named(base))
    for row, below in zip(rows, summaries.by_cell(levels, keys, outcomes), strict=True):
        row["over_spread"] = statistics.over_spread(row["values"], below["values"])
    return rows


def named(cell: Mapping[str, Any]) -> str:
    """Levers and their values in words."""
    return ", ".join(f"{key}={value}" for key, value in cell.items())


def differences(summary: pd.DataFrame) -> pd.DataFrame:
    """Rows of a summary that are differences."""
    return summary.take(np.flatnonzero(summary["less"] != "")) if "less" in summary else summary.head(0)


def table(summary: pd.DataFrame, levers: Sequence[str], outcomes: Sequence[str]) -> pd.DataFrame:
    """Each cell's means (standard errors), then differences with intervals, sizes over the spread and verdicts."""
    count, rows = len(differences(summary)), list[Row]()
    groups: Any = summary.groupby([*levers, "less"], sort=False, dropna=False)
    for _, part in groups:
        found = {row["outcome"]: row for row in part.to_dict("records")}
        cell = {lever: _short(part[lever].iloc[0]) for lever in levers}
        less = part["less"].iloc[0]
        lines = {"mean (s.e.)": written.level}
        if less:
            lines = {
                f"less {less}": lambda row: written.number(row["mean"]),
                "95% interval": written.interval,
                "over the spread between seeds": lambda row: written.number(row["over_spread"]),
                f"verdict (p by Holm, {count} differences)": written.verdict,
            }
        for at, (what, write) in enumerate(lines.items()):
            shown = cell if at == 0 else dict.fromkeys(levers, "")
            rows.append(shown | {"": what} | {_titled(name): write(found[name]) for name in outcomes})
    return pd.DataFrame(rows, columns=list(columns(levers, outcomes)))


def columns(levers: Sequence[str], outcomes: Sequence[str]) -> tuple[str, ...]:
    """Names of the columns of such a table."""
    return (*levers, "", *map(_titled, outcomes))


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def title_and_unit(outcome: str) -> tuple[str, str]:
    """Name of an outcome as a title, and the unit that it ends in; 1 where that is none."""
    suffix = max((end for end in UNITS if outcome.endswith(end)), key=len, default="")
    name = outcome if suffix in KEPT else outcome.removesuffix(suffix)
    return name.replace("_", " "), UNITS.get(suffix, "1")


def _titled(outcome: str) -> str:
    title, unit = title_and_unit(outcome)
    return title if unit == "1" else f"{title} [{unit}]"


def answer(summary: pd.DataFrame, levers: Sequence[str]) -> str:
    """How many differences are settled, and which is the largest over the spread between seeds."""
    changes: Any = differences(summary)
    if changes.empty:
        return "There is nothing to compare with: the cells are a sample, or one."
    said = f"{answers.settled(changes)} by Holm's correction over all of them"
    sizes = changes["over_spread"].abs()
    if not np.isfinite(sizes).any():
        return f"{said}."
    row = changes.loc[sizes.idxmax()]
    cell = named({key: _short(row[key]) for key in levers})
    change = answers.change(row["values"], row["unit"].removeprefix("1"), chance=float(row["corrected"]))
    return (
        f"{said}; the largest over the spread between seeds ({row['over_spread']:.2g}) is that of {row['outcome']} "
        f"under {cell} less {row['less']}: {change}."
    )
