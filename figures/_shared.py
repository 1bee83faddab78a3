"""What the figures have in common: saving, colours, cells of a summary, and how means, intervals and seeds are drawn.

A figure draws a summary, the long table of a study's outcomes by cell, and computes no statistics: what is drawn as a
mean, an interval or a seed's value stands in the columns mean, low, high and values.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from figures._page import fit, printed_in

BLUE, ORANGE, GREEN, PINK, SKY, VERMILION = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"
GREY = "0.55"
NAMES = {"pbs": "PBS"}


class Cell(NamedTuple):
    """Outcome of a cell, in the unit of the axis: mean, ends of the 95% interval (NaN for one seed), seeds' values."""

    mean: float
    low: float
    high: float
    values: NDArray[np.float64]


SILENT: dict[str, dict[str, Any]] = {
    "pdf": {"CreationDate": None},
    "png": {"Software": None},
    "svg": {"Date": None},
}
"""What a file of each kind is not to say, so that the same numbers give the same bytes."""


def drawn(draw: Callable[[pd.DataFrame], Figure], summary: pd.DataFrame, columns: str = "two") -> dict[str, bytes]:
    """Draw a summary in the house style; returns what a file of each kind, pdf and png, holds.

    The same summary gives the same bytes: neither file says when it was made.

    Parameters
    ----------
    draw
        a figure's function
    summary
        what it draws
    columns
        of the journal's page that it is to fill: `one` or `two`
    """
    with printed_in(columns):
        figure = draw(summary)
        fit(figure)
        _laid_out(figure)
        return {kind: _saved(figure, kind) for kind in ("pdf", "png")}


def write(
    draw: Callable[[pd.DataFrame], Figure], summary: pd.DataFrame, title: str, path: Path, columns: str = "two"
) -> None:
    """Draw a summary in the house style into a file, of the kind that its name ends in, under a title or none."""
    with printed_in(columns):
        figure = draw(summary)
        if title:
            figure.suptitle(title)
        fit(figure)
        _laid_out(figure)
        path.write_bytes(_saved(figure, path.suffix[1:].lower()))


def _laid_out(figure: Figure) -> None:
    """Find places for all parts once, and the same for every kind of file: each would else find them twice."""
    FigureCanvasAgg(figure)
    figure.set_dpi(mpl.rcParams["savefig.dpi"])  # type is as wide as it will be printed
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


def _saved(figure: Figure, kind: str) -> bytes:
    content = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "seqmarket"}):  # names of an svg's parts are random otherwise
        figure.savefig(content, format=kind, metadata=SILENT[kind])
    return content.getvalue()


def label(name: str) -> str:
    """A regime's name as printed."""
    return NAMES.get(name, name.replace("_", " "))


def where(summary: pd.DataFrame, **levers: object) -> pd.DataFrame:
    """Rows of a summary in which the columns named have the values given; none where it lacks a column."""
    chosen = np.ones(len(summary), dtype=bool)
    for column, value in levers.items():
        chosen &= np.asarray(summary[column] == value, dtype=bool) if column in summary else False
    return rows(summary, chosen)


def rows(summary: pd.DataFrame, chosen: ArrayLike) -> pd.DataFrame:
    """Rows of a summary that are marked; ``chosen`` has shape (rows,)."""
    return summary.take(np.flatnonzero(np.asarray(chosen, dtype=bool)))


def levels(summary: pd.DataFrame, column: str) -> list[Any]:
    """Values that a column takes, in order of appearance."""
    return list(dict.fromkeys(summary[column].dropna())) if column in summary else []


def cells(summary: pd.DataFrame, scale: float = 1.0) -> list[Cell]:
    """Each row as a cell, multiplied by the scale; rows without any value are left out."""
    numbers = zip(summary["mean"], summary["low"], summary["high"], summary["values"], strict=True)
    return [
        Cell(scale * mean, scale * low, scale * high, scale * np.asarray(values, dtype=float))
        for mean, low, high, values in numbers
        if np.isfinite(mean)
    ]


def cell(summary: pd.DataFrame, scale: float = 1.0, **levers: object) -> Cell | None:
    """The one cell with these values in the columns named; None where there is none, ValueError for several."""
    found = where(summary, **levers)
    if len(found) > 1:
        raise ValueError(f"{len(found)} rows of the summary have {levers}; a point is one row")
    return next(iter(cells(found, scale)), None)


def series(summary: pd.DataFrame, column: str, scale: float = 1.0) -> dict[Any, Cell]:
    """Cell by the value of a column, sorted; rows without any value are left out."""
    found = {at: cell(summary, scale, **{column: at}) for at in sorted(levels(summary, column))}
    return {at: known for at, known in found.items() if known is not None}


def dot(axes: Axes, found: Cell | None, at: float, colour: str, text: str | None = None, spread: float = 0.0) -> None:
    """A point per seed, the mean and its interval at a height; nothing where there is no cell.

    Seeds lie on the height of the mean, or are spread over as much to either side of it.
    """
    if found is None:
        return
    seeds = found.values[np.isfinite(found.values)]
    heights = at + (np.linspace(-spread, spread, seeds.size) if seeds.size > 1 else np.zeros(seeds.size))
    axes.plot(seeds, heights, "o", color=colour, alpha=0.35, markersize=2, markeredgewidth=0, zorder=2)
    axes.plot([found.low, found.high], [at, at], color=colour, linewidth=1.6, solid_capstyle="butt", zorder=3)
    axes.plot(found.mean, at, "o", color=colour, markeredgecolor="white", markeredgewidth=0.5, zorder=4, label=text)


def bars(axes: Axes, found: Mapping[Any, Cell], colour: str, text: str | None = None, style: str = "o-") -> None:
    """Means over their places on the horizontal axis, joined or not, with a bar for each interval."""
    if not found:
        return
    means = [cell.mean for cell in found.values()]
    axes.plot(list(found), means, style, color=colour, linewidth=0.9, markersize=3.5, label=text, zorder=3)
    for place, cell in found.items():
        axes.plot([place] * 2, [cell.low, cell.high], color=colour, linewidth=1.6, solid_capstyle="butt", zorder=2)


def band(
    axes: Axes, found: Mapping[Any, Cell], colour: str, text: str | None = None, style: str = "o-", wider: float = 0.0
) -> None:
    """Means over their places on the horizontal axis, joined, with a band of their intervals; wider than usual [pt]."""
    if not found:
        return
    low, high = [cell.low for cell in found.values()], [cell.high for cell in found.values()]
    axes.fill_between(list(found), low, high, color=colour, alpha=0.2, linewidth=0)
    means, width = [cell.mean for cell in found.values()], mpl.rcParams["lines.linewidth"] + wider
    axes.plot(list(found), means, style, color=colour, markersize=3 + 1.3 * wider, linewidth=width, label=text)


def stack(
    axes: Axes, parts: Mapping[str, Mapping[str, float]], rows: Mapping[str, int], colours: Sequence[str]
) -> None:
    """Bars of parts put end to end in the row of each regime; negative parts grow to the left.

    ``parts[name][regime]`` is the length of a part in the unit of the axis.
    """
    right, left = dict.fromkeys(rows, 0.0), dict.fromkeys(rows, 0.0)
    for (name, lengths), colour in zip(parts.items(), colours, strict=True):
        shown = {group: value for group, value in lengths.items() if np.isfinite(value)}
        starts = [right[group] if value >= 0 else left[group] for group, value in shown.items()]
        places = [rows[group] for group in shown]
        axes.barh(places, list(shown.values()), left=starts, height=0.62, color=colour, label=name, zorder=2)
        for group, value in shown.items():
            side = right if value >= 0 else left
            side[group] += value


def number(value: float) -> str:
    """A number with three significant digits, or whole from a thousand on, and a true minus sign."""
    return (f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}").replace("-", "\N{MINUS SIGN}")


def letter(axes: Axes, name: str, title: str) -> None:
    """Title of a panel that begins with its letter."""
    axes.set_title(rf"$\bf{{{name}}}$  {title}", loc="left")


def named_rows(axes: Axes, name: str, title: str, unit: str, rows: Sequence[str]) -> None:
    """Give a panel its letter, title and unit, and a named row for each of what it compares, from the top."""
    letter(axes, name, title)
    axes.set_xlabel(unit)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x")
