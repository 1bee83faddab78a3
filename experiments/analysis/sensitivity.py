"""What the runs of a design say of its levers: indices with intervals, and how much of it all lies between seeds.

A strand of points (a trajectory, a pair of points and what lies between) is of use whole or not at all. Where a run of
it is missing or has no finite outcome, all of it is dropped for that outcome, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from experiments.analysis import comparisons, statistics, summaries, written
from experiments.analysis.summaries import Row
from experiments.later import pd
from market.errors import InputError

if TYPE_CHECKING:
    from experiments.runs.design import Design

NOISE, DROPPED = "noise share", "dropped"
"""Rows of a summary that are of an outcome and no lever: share of the variance between seeds, strands dropped."""
ALL = "all"


def summary(
    runs: pd.DataFrame, design: Design, cells: Sequence[tuple[Any, ...]], outcomes: Sequence[str]
) -> pd.DataFrame:
    """Indices of each lever, for each outcome the share of noise, and the number of strands that were dropped.

    Parameters
    ----------
    runs : finished rows of runs.parquet
    design : its points
    cells : values of the levers at each point, as runs have them
    outcomes : numeric columns of runs

    Returns
    -------
    Rows as in :mod:`experiments.analysis.summaries` with the columns `lever`, `index`, `at` (the value of a point on a
    curve, as text), `title` and `unit`.
    """
    found: list[Row] = []
    for name in outcomes:
        if name in runs and not pd.api.types.is_numeric_dtype(runs[name]):
            raise InputError(f"--outcome {name}: is a text; allowed: outcomes that are numbers")
        values = samples(runs, design.keys, cells, name)
        whole = whole_strands(design.strands, values)
        kept = values[whole]
        rows: list[Row] = [row | {"outcome": name} for row in design.module.rows(design, values, whole)]
        rows.append(
            summaries.pooled(
                name,
                statistics.pooled(lambda seeds, kept=kept: noise_share(kept[:, seeds]), values.shape[1]),
                lever=ALL,
                index=NOISE,
            )
        )
        strands = np.array(design.strands)
        lost = len(set(strands[~whole].tolist()))
        rows.append({"lever": ALL, "index": DROPPED, "outcome": name, "mean": float(lost), "n": len(set(strands))})
        title, unit = comparisons.title_and_unit(name)
        found += [_complete(row) | {"title": title, "unit": unit} for row in rows]
    return summaries.table(found)


def _complete(row: Row) -> Row:
    """A row with every column that rows of a summary have."""
    plain = {"lever": "", "index": "", "at": "", "outcome": "", "mean": np.nan, "low": np.nan, "high": np.nan}
    return plain | {"standard_error": np.nan, "n": 0, "values": []} | row


def samples(
    runs: pd.DataFrame, keys: Sequence[str], cells: Sequence[tuple[Any, ...]], outcome: str
) -> NDArray[np.float64]:
    """Outcome at each point and seed, shape (points, seeds); NaN for runs that are missing.

    Seeds are those of which any run has finished.
    """
    seeds = sorted(set(runs["seed"].tolist()))
    columns = [runs[key].tolist() for key in keys]
    amounts = summaries.values(runs, outcome) if outcome in runs else np.full(len(runs), np.nan)
    known = dict(zip(zip(*columns, runs["seed"].tolist(), strict=True), amounts.tolist(), strict=True))
    return np.array([[known.get((*cell, seed), np.nan) for seed in seeds] for cell in cells], dtype=np.float64)


def whole_strands(strands: Sequence[int], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark the points of strands that have a finite value at every point and seed; `values`, shape (points, seeds)."""
    numbers = np.asarray(strands)
    broken = np.unique(numbers[~np.isfinite(values).all(axis=1)])
    return ~np.isin(numbers, broken)


def noise_share(values: NDArray[np.float64]) -> float:
    """Variance between seeds over all variance [1], from values of shape (points, seeds).

    It is the variance at one point, on average over points, over that plus the variance between points. Seeds are the
    same at every point: what they add to all of them cancels between points, and a share of the rest is taken off the
    variance of the means as in an analysis of variance by point and seed. Where that leaves less than nothing, points
    differ by no more than noise, and the share is 1. NaN for one seed or one point, and where nothing varies.
    """
    points, seeds = values.shape
    if points < 2 or seeds < 2:
        return float("nan")
    within = float(values.var(axis=1, ddof=1).mean())
    means = values.mean(axis=1)
    rest = values - means[:, None] - values.mean(axis=0) + values.mean()
    mixed = float((rest**2).sum()) / ((points - 1) * (seeds - 1))
    between = float(means.var(ddof=1)) - mixed / seeds
    if between <= 0.0:
        return 1.0 if within > 0.0 else float("nan")
    return within / (within + between)


def table(summary: pd.DataFrame, design: Design, outcomes: Sequence[str]) -> pd.DataFrame:
    """Each lever's indices with their intervals, a column an outcome; then the noise and what was dropped."""
    strands = design.module.STRANDS
    names = {NOISE: "noise: variance between seeds over all [1]", DROPPED: f"{strands} dropped"}
    rows: list[Row] = []
    cells: Any = summary.groupby(["lever", "index", "at"], sort=False)
    ordered = sorted(cells, key=lambda cell: cell[0][0] == ALL)
    for (lever, index, at), part in ordered:
        found = {row["outcome"]: row for row in part.to_dict("records")}
        what = f"at {at}" if at else names.get(index, index)
        shown = {_titled(name): _written(found[name]) if name in found else "" for name in outcomes}
        rows.append({"lever": lever, "": what} | shown)
    return pd.DataFrame(rows, columns=list(columns(outcomes)))


def columns(outcomes: Sequence[str]) -> tuple[str, ...]:
    """Names of the columns of such a table."""
    return ("lever", "", *map(_titled, outcomes))


def _titled(outcome: str) -> str:
    return comparisons.columns((), (outcome,))[1]


def _written(row: Row) -> str:
    if row["index"] == DROPPED:
        return f"{row['mean']:.0f} of {row['n']:.0f}"
    return f"{written.number(row['mean'])} {written.interval(row)}".strip()


def answer(summary: pd.DataFrame, design: Design) -> str:
    """Which lever counts most for each outcome, how much of its variance is noise, and what was dropped."""
    said: list[str] = []
    index = design.module.HEADLINE
    by_outcome: Any = summary.groupby("outcome", sort=False)
    for name, part in by_outcome:
        ranked: Any = summaries.where(part, index=index)
        ranked = ranked.take(np.flatnonzero(np.isfinite(ranked["mean"])))
        if ranked.empty:
            said.append(f"nothing is known of {name}")
            continue
        first = max(ranked.to_dict("records"), key=lambda row: abs(row["mean"]))
        unit = "" if index == "ST" or first["unit"] == "1" else f" {first['unit']}"
        noise = float(summaries.where(part, index=NOISE)["mean"].iloc[0])
        between = f", {noise:.0%} of the variance lies between seeds" if np.isfinite(noise) else ""
        said.append(f"{name} depends most on {first['lever']} ({index} {_written(first)}{unit}){between}")
    lost: Any = summaries.where(summary, index=DROPPED)
    most = int(lost["mean"].max())
    dropped = f" {most} of {int(lost['n'].max())} {design.module.STRANDS} were dropped." if most else ""
    return f"{'; '.join(said)}.{dropped}"
