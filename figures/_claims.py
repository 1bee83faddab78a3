"""Differences by condition, coloured by what follows for a claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from figures import _shared as shared


def rows(
    axes: Axes, found: pd.DataFrame, by: str, names: Sequence[str], colours: Mapping[str, str], scale: float
) -> None:
    """Draw a row for each condition, the last with a diamond, and a line at nothing.

    Parameters
    ----------
    found
        rows of a summary, one for each value of the column `by`, with their ``verdict``
    names
        conditions from above to below
    colours
        by verdict
    scale
        from the outcome's unit to that of the axis
    """
    for place, name in enumerate(names):
        row = shared.where(found, **{by: name})
        cell = shared.cell(row, scale)
        if cell is None:
            continue
        colour = colours[row["verdict"].iloc[0]]
        axes.plot([cell.low, cell.high], [place, place], color=colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot(cell.mean, place, "D" if name == names[-1] else "o", color=colour, markersize=4)
    axes.axvline(0.0, color="black", linewidth=0.6)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x")


def keys(colours: Mapping[str, str]) -> list[Line2D]:
    """What the colours mean."""
    return [Line2D([], [], color=colour, marker="o", markersize=4, label=name) for name, colour in colours.items()]
