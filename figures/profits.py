"""What each agent of one run gained and lost, by what it did for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Profit of every agent of one run, marked at reference prices, by what it did for it; the open circle is the sum. "
    "Classes of intents are net of what own intents cost; fees are those of others. The axis is linear up to a "
    "thousandth of the largest, and logarithmic beyond."
)
COLOURS = (shared.BLUE, shared.VERMILION, shared.GREEN, shared.ORANGE, shared.SKY, shared.PINK, "black")
MARKS = "os^Dv"
LINEAR = 1e-3


def draw(summary: pd.DataFrame) -> Figure:
    """Draw columns agent, kind and usd [USD], where the kind `total` is the sum of an agent's others."""
    names = shared.levels(summary, "agent")
    figure, panels = page.panels(1.3 + 0.2 * len(names))
    axes = panels[0, 0]
    kinds = [kind for kind in shared.levels(summary, "kind") if kind != "total"]
    for at, kind in enumerate(kinds):
        part, colour = shared.where(summary, kind=kind), COLOURS[at % len(COLOURS)]
        mark = MARKS[at // len(COLOURS) % len(MARKS)]
        rows = [names.index(name) for name in part["agent"]]
        axes.plot(part["usd"], rows, mark, color=colour, markersize=4, label=kind.replace("_", " "), zorder=3)
    total = shared.where(summary, kind="total")
    axes.plot(
        total["usd"], [names.index(name) for name in total["agent"]], "o", color="none", markeredgecolor="black",
        markersize=7, label="sum", zorder=4,
    )  # fmt: skip
    axes.axvline(0, color="black", linewidth=0.6, zorder=1)
    axes.set_yticks(range(len(names)), [str(name).replace("_", " ") for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("profit [USD]")
    axes.grid()
    largest = float(np.abs(summary["usd"]).max()) if len(summary) else 0.0
    axes.set_xscale("symlog", linthresh=LINEAR * largest or 1.0)
    axes.margins(x=0.05)  # the largest is whole
    handles, labels = axes.get_legend_handles_labels()
    page.key(figure, handles, labels, most=6)
    return figure


def write(summary: pd.DataFrame, title: str, path: Path, columns: str = "two") -> None:
    """Draw profits into a file, of the kind that its name ends in."""
    shared.write(draw, summary, title, path, columns)
