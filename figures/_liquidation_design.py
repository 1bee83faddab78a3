"""What the figures of designs of liquidation share: a row for each sequencer in each kind of blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import _page as page
from figures import _shared as shared

COLOURS = {"fixed spread": shared.BLUE, "dutch": shared.ORANGE, "english": shared.VERMILION}
NAMES = {"fixed spread": "fixed spread", "dutch": "Dutch auction", "english": "English auction"}
MARKS = {"fixed spread": "o", "dutch": "s", "english": "D"}


class Panel(NamedTuple):
    """An outcome on a panel."""

    title: str
    unit: str
    scale: float  # what it is divided by
    linear: float = 0.0  # within this the axis is linear, and logarithmic beyond; 0: linear throughout
    fact: float = np.nan  # a number from elsewhere that is shown beside it, in the panel's unit


def draw(summary: pd.DataFrame, venue: str, panels: Mapping[str, Panel]) -> Figure:
    """Draw six outcomes of a venue, by name."""
    rows = list(dict.fromkeys(zip(summary["blocks"], summary["regime"], strict=True)))
    narrow = page.Lines(2, 0.6 + 0.19 * len(rows))
    figure, all_axes = page.panels(1.2 + 0.38 * len(rows), (2, 3), narrow, share_y="all")
    all_axes = all_axes.ravel()
    for letter, axes, (column, panel) in zip("abcdef", all_axes, panels.items(), strict=True):
        if panel.linear:
            axes.set_xscale("symlog", linthresh=panel.linear)  # before anything is drawn: margins are of the scale
        found = shared.where(summary, venue=venue, outcome=column)
        _panel(axes, found, rows, panel.scale)
        if np.isfinite(panel.fact):
            axes.axvline(panel.fact, color=shared.GREY, linestyle="--", linewidth=0.8, zorder=1)
        shared.letter(axes, letter, panel.title)
        axes.set_xlabel(panel.unit)
        if not any((cell.values < 0.0).any() for cell in shared.cells(found)):
            axes.set_xlim(left=-0.05 * axes.get_xlim()[1] if not panel.linear else -0.4 * panel.linear)
        if panel.linear:
            _ticks(axes, panel.linear)
        axes.grid(axis="x")
    for axes in all_axes:
        axes.set_yticks(range(len(rows)), [f"{shared.label(name)}, {blocks}" for blocks, name in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
    handles, labels = all_axes[0].get_legend_handles_labels()
    if any(np.isfinite(panel.fact) for panel in panels.values()):
        handles.append(Line2D([], [], color=shared.GREY, linestyle="--", linewidth=0.8))
        labels.append("published")
    page.key(figure, handles, labels, "upper")
    return figure


def _panel(axes: Axes, found: pd.DataFrame, rows: Sequence[tuple[str, str]], scale: float) -> None:
    """Mean and interval of an outcome for each row and design."""
    for number, (design, colour) in enumerate(COLOURS.items()):
        for row, (blocks, name) in enumerate(rows):
            cell = shared.cell(found, 1.0 / scale, blocks=blocks, regime=name, design=design)
            if cell is None:
                continue
            at = row + 0.24 * (number - 1)
            text = NAMES[design] if row == 0 else None
            axes.plot([cell.low, cell.high], [at] * 2, color=colour, linewidth=1.4, solid_capstyle="butt", zorder=2)
            axes.plot(
                cell.mean, at, MARKS[design], color=colour, label=text, markersize=3.5, markeredgecolor="white",
                markeredgewidth=0.4, zorder=3, linestyle="none",
            )  # fmt: skip
    for edge in range(1, len(rows)):
        if rows[edge][0] != rows[edge - 1][0]:
            axes.axhline(edge - 0.5, color=shared.GREY, linewidth=0.6)


def _ticks(axes: Axes, linear: float) -> None:
    """Powers of ten on both sides of zero, as far as the data reach, written out."""
    low, high = axes.get_xlim()  # ticks beyond would widen it
    steps = [linear * 10.0**power for power in range(6)]
    shown = [-step for step in steps if -step >= low] + [0.0] + [step for step in steps if step <= high]
    axes.set_xticks(sorted(shown), [shared.number(value) for value in sorted(shown)])
    axes.minorticks_off()
