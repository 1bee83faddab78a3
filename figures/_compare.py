"""How a comparison is drawn: a form for each kind of levers, one panel an outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from figures import _shared as shared

COLOURS = (shared.BLUE, shared.ORANGE, shared.GREEN, shared.PINK, shared.SKY, shared.VERMILION, "#F0E442")
"""As many as a reader tells apart."""
OF_SUMMARIES = (
    "outcome", "title", "unit", "less", "mean", "low", "high", "standard_error", "n", "values", "over_spread",
    "corrected", "verdict",
)  # fmt: skip
FEW_CELLS = 12
"""Cells of a list, up to which each has a row of its own."""
BRIGHT = 0.6
"""Share of the colours, from which on they are too bright for white numbers."""
WIDER_PT = 3.0
"""By how much the first of several lines is wider than the last, which may lie on it."""
MOST_WRITTEN = 36
"""Cells of a map, up to which each has its number written in it."""


@dataclass(frozen=True)
class Form:
    """What a panel of a comparison looks like.

    Attributes
    ----------
    draw : draws an outcome's rows of the summary into a panel
    along : levers on the axes, or whose values make the rows
    coloured : levers that the colour tells
    height_in : of a panel [inch]
    """

    draw: Callable[[Axes, pd.DataFrame, Form, str], None]
    along: tuple[str, ...]
    coloured: tuple[str, ...] = ()
    height_in: float = 2.3


def form_of(levels: Any) -> Form:
    """Choose a form by the levers that vary: how many they are, and which of them are numbers."""
    levers = [name for name in levels.columns if name not in OF_SUMMARIES and levels[name].nunique() > 1]
    numbers = [name for name in levers if pd.api.types.is_numeric_dtype(levels[name].dtype)]
    names = [name for name in levers if name not in numbers]
    cells = len(levels[levers].drop_duplicates()) if levers else 1
    crossed = cells == prod(levels[name].nunique() for name in levers)
    if len(numbers) == 2 and not names and crossed:
        return Form(heat_map, tuple(numbers))
    if numbers and crossed and len(hues(levels, others := [*numbers[1:], *names])) <= len(COLOURS):
        return Form(lines, (numbers[0],), tuple(others))
    if numbers and not crossed and cells > FEW_CELLS and len(hues(levels, names)) <= len(COLOURS):
        return Form(points, tuple(numbers), tuple(names))
    coloured = levers[-1:] if crossed and len(levers) > 1 and levels[levers[-1]].nunique() <= len(COLOURS) else []
    along = tuple(name for name in levers if name not in coloured) or tuple(levers[:1])
    return Form(dots, along, tuple(coloured), 0.7 + 0.2 * (cells if not coloured else 1.3 * cells))


def hues(levels: Any, coloured: Sequence[str]) -> list[dict[str, Any]]:
    """Combinations of the values of some levers, in order of appearance; one, and empty, for none."""
    return [dict(row) for row in levels[list(coloured)].drop_duplicates().to_dict("records")] if coloured else [{}]


def written(cell: dict[str, Any]) -> str:
    """Values of levers as printed: a name by itself, a number with what it is of."""
    return ", ".join(
        shared.label(value) if isinstance(value, str) else f"{key.rpartition('.')[2]} {shared.number(float(value))}"
        for key, value in cell.items()
    )


def lines(axes: Axes, rows: pd.DataFrame, form: Form, unit: str) -> None:
    """Means over a number, joined, with a band of intervals, and a colour for each combination of other levers.

    What is drawn first is widest, so that it is seen under whatever lies on it.
    """
    combinations = hues(rows, form.coloured)
    wider = np.linspace(WIDER_PT, 0.0, len(combinations)) if len(combinations) > 1 else np.zeros(1)
    for hue, colour, more in zip(combinations, COLOURS, wider.tolist(), strict=False):
        found = shared.series(shared.where(rows, **hue), form.along[0])
        shared.band(axes, found, colour, written(hue) or None, wider=more)
        for at, cell in found.items():
            _seeds(axes, [at] * len(cell.values), cell.values, colour)
    axes.set_xlabel(form.along[0])
    axes.set_ylabel(unit)
    axes.grid(axis="y")


def dots(axes: Axes, rows: pd.DataFrame, form: Form, unit: str) -> None:
    """Seeds, means and intervals in a row for each cell, and beside one another in a colour for each value."""
    places, colours = hues(rows, form.along), hues(rows, form.coloured)
    offsets = np.linspace(-0.25, 0.25, len(colours)) if len(colours) > 1 else np.zeros(1)
    for place, row in enumerate(places):
        for hue, colour, offset in zip(colours, COLOURS, offsets, strict=False):
            shared.dot(axes, shared.cell(rows, **row, **hue), place + offset, colour)
    for hue, colour in zip(colours, COLOURS, strict=False):
        if hue:
            axes.plot([], [], "o", color=colour, label=written(hue))
    axes.set_yticks(range(len(places)), [written(row) for row in places])
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set_xlabel(unit)
    axes.grid(axis="x")


def points(axes: Axes, rows: pd.DataFrame, form: Form, unit: str) -> None:
    """Means of cells that are no grid over one of their levers, with intervals."""
    for hue, colour in zip(hues(rows, form.coloured), COLOURS, strict=False):
        part = shared.where(rows, **hue)
        known = shared.rows(part, np.isfinite(part["mean"]))
        axes.vlines(known[form.along[0]], known["low"], known["high"], color=colour, linewidth=0.8, alpha=0.5)
        axes.plot(known[form.along[0]], known["mean"], "o", color=colour, markersize=3, label=written(hue) or None)
    axes.set_xlabel(form.along[0])
    axes.set_ylabel(unit)
    axes.grid(axis="y")


def heat_map(axes: Axes, rows: pd.DataFrame, form: Form, unit: str) -> None:
    """Means over two numbers: a colour for each cell, and its number where they are few."""
    across, up = (sorted(shared.levels(rows, name)) for name in form.along)
    means = np.full((len(up), len(across)), np.nan)
    for cell in hues(rows, [*form.along, "mean"]):
        means[up.index(cell[form.along[1]]), across.index(cell[form.along[0]])] = cell["mean"]
    mesh = axes.pcolormesh(np.arange(len(across)), np.arange(len(up)), means, cmap="viridis", shading="nearest")
    if means.size <= MOST_WRITTEN:
        for (row, column), value in np.ndenumerate(means):
            bright = float(np.asarray(mesh.norm(value))) > BRIGHT if np.isfinite(value) else True
            text = shared.number(value) if np.isfinite(value) else ""
            axes.text(column, row, text, ha="center", va="center", fontsize=6, color="black" if bright else "white")
    axes.set_xticks(range(len(across)), [shared.number(float(value)) for value in across])
    axes.set_yticks(range(len(up)), [shared.number(float(value)) for value in up])
    axes.set_xlabel(form.along[0])
    axes.set_ylabel(form.along[1])
    figure = axes.get_figure(root=True)
    if figure is not None:
        figure.colorbar(mesh, ax=axes, label=unit)


def _seeds(axes: Axes, at: Sequence[float], values: np.ndarray, colour: str) -> None:
    axes.plot(at, values, "o", color=colour, alpha=0.35, markersize=2, markeredgewidth=0, zorder=1)
