"""Panels of a sensitivity analysis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from figures import _shared as shared

ALL, NOISE = "all", "noise share"
HEIGHT_IN, ROW_IN = 2.2, 0.3
"""Of a curve, and of a lever's row in a panel of indices [inch]."""
SHOWN = {
    "S1": ("alone", shared.BLUE),
    "ST": ("with others", shared.ORANGE),
    "mu_star": ("mean absolute effect", shared.BLUE),
    "mu": ("mean effect", shared.ORANGE),
    "sigma": ("spread of effects", shared.GREEN),
}
"""Label and colour of each index."""
SHARES = ("S1", "ST")
"""Indices that are shares of a variance, whatever the outcome's unit."""
SHARES_FROM, SHARES_TO = -0.25, 1.25
"""Ends of their axis: an interval from a handful of points may be of any length, and would leave no room for others."""


def curve(axes: Axes, rows: pd.DataFrame, lever: str, unit: str) -> None:
    """Means over a lever's values, joined where they are numbers, with a band of intervals and the seeds."""
    texts = rows["at"].tolist()
    numbers = [_number(text) for text in texts]
    numeric = all(number is not None for number in numbers)
    places = [float(number) for number in numbers if number is not None] if numeric else list(range(len(texts)))
    found = {place: known for place, text in zip(places, texts, strict=True) if (known := shared.cell(rows, at=text))}
    if numeric:
        shared.band(axes, found, shared.BLUE)
    else:
        shared.bars(axes, found, shared.BLUE, style="o")
        axes.set_xticks(places, [shared.label(text) for text in texts])
    for place, cell in found.items():
        seeds = [place] * len(cell.values)
        axes.plot(seeds, cell.values, "o", color=shared.BLUE, alpha=0.35, markersize=2, markeredgewidth=0, zorder=1)
    axes.set_xlabel(lever)
    axes.set_ylabel(unit)
    axes.grid(axis="y")


def indices(axes: Axes, rows: pd.DataFrame, levers: list[str], unit: str) -> None:
    """Indices with their intervals in a row for each lever, beside one another in a colour for each."""
    names = [name for name in shared.levels(rows, "index") if name in SHOWN]
    offsets = np.linspace(-0.2, 0.2, len(names)) if len(names) > 1 else np.zeros(1)
    for name, offset in zip(names, offsets, strict=False):
        text, colour = SHOWN[name]
        axes.plot([], [], "o", color=colour, label=text)
        for place, lever in enumerate(levers):
            _index(axes, shared.where(rows, lever=lever, index=name), place + offset, colour)
    shares = any(name in SHARES for name in names)
    if shares:
        axes.set_xlim(SHARES_FROM, SHARES_TO)
    axes.set_yticks(range(len(levers)), levers)
    axes.set_ylim(len(levers) - 0.5, -0.5)
    axes.set_xlabel("share of the variance between points" if shares else f"over the lever's range [{unit}]")
    axes.axvline(0.0, color=shared.GREY, linewidth=0.6, zorder=0)
    axes.grid(axis="x")


def noise(axes: Axes, rows: pd.DataFrame) -> None:
    """Say in a corner how much of an outcome's variance lies between seeds."""
    found: Any = shared.where(rows, lever=ALL, index=NOISE)["mean"]
    if len(found) and np.isfinite(found.iloc[0]):
        text = f"noise {100 * found.iloc[0]:.0f}%"
        axes.text(0.98, 0.98, text, transform=axes.transAxes, ha="right", va="top", fontsize=6, color="0.3")


def _index(axes: Axes, rows: pd.DataFrame, at: float, colour: str) -> None:
    """A mean and its interval, which an index may not have."""
    for row in rows.to_dict("records"):
        if np.isfinite(row["mean"]):
            axes.plot([row["low"], row["high"]], [at, at], color=colour, linewidth=1.6, solid_capstyle="butt", zorder=3)
            axes.plot(row["mean"], at, "o", color=colour, markersize=3.5, zorder=4)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
