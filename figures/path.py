"""The price path of a run, with outages of sequencers, pauses of breakers and what was liquidated."""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Prices over a run, and what stood still. (a) Reference price. (b) Outages of the sequencer of each rollup, and "
    "pauses by its breaker. (c) Debt that liquidators repaid, in sixtieths of the run. Shaded throughout: some "
    "sequencer is down, or pauses."
)
KINDS = {"outage": ("outage", "0.45"), "pause": ("pause", shared.ORANGE)}
COLOURS = (shared.BLUE, shared.GREEN, shared.PINK, shared.SKY, shared.VERMILION, "black")
MINUTE_S, HOUR_S, LONG_S = 60.0, 3600.0, 10_800.0


def draw(summary: pd.DataFrame) -> Figure:
    """Draw parts price, outage, pause and liquidated: columns name, begin_s, end_s and value."""
    stood = shared.rows(summary, np.isin(summary["part"], list(KINDS)))
    halted = sorted({name for names in stood["name"] for name in names.split(", ")}, key=_by_number)
    heights = (2.0, 0.35 + 0.2 * len(halted), 1.0)
    figure, panels = page.panels(1.8 + sum(heights[1:]), (3, 1), share_x="column", heights=heights)
    price, still, liquidated = panels.ravel()
    end_s = max([1.0, *summary["end_s"]])
    unit, name = (HOUR_S, "h") if end_s > LONG_S else (MINUTE_S, "min")
    _prices(price, shared.where(summary, part="price"), unit)
    _stretches(still, stood, halted, unit)
    sold = shared.where(summary, part="liquidated")
    widths = (sold["end_s"] - sold["begin_s"]) / unit
    liquidated.bar(sold["begin_s"] / unit, sold["value"] * 1e-3, widths, align="edge", color=shared.VERMILION)
    shared.letter(liquidated, "c", "liquidated")
    liquidated.set_ylabel("thousand USD")
    liquidated.set_xlabel(f"time [{name}]")
    for axes in (price, liquidated):
        for row in stood.to_dict("records"):
            span = row["begin_s"] / unit, row["end_s"] / unit
            axes.axvspan(*span, color=KINDS[row["part"]][1], alpha=0.2, linewidth=0, zorder=0)
    price.set_xlim(0.0, end_s / unit)
    _key(figure, price, stood)
    return figure


def _by_number(name: str) -> tuple[str, int]:
    """A rollup's name and the number that it ends in, so that rollup10 stands behind rollup9."""
    stem = name.rstrip(string.digits)
    return stem, int(name[len(stem) :] or -1)


def _prices(axes: Axes, prices: pd.DataFrame, unit: float) -> None:
    """The price of one asset in USD; of several, each over its first."""
    names = shared.levels(prices, "name")
    for name, colour in zip(names, COLOURS * len(names), strict=False):
        path = shared.where(prices, name=name)
        first = path["value"].iloc[0] if len(names) > 1 else 1.0
        axes.plot(path["begin_s"] / unit, path["value"] / first, color=colour, linewidth=0.8, label=name)
    shared.letter(axes, "a", "reference price")
    axes.set_ylabel("over the first" if len(names) > 1 else "USD")


def _stretches(axes: Axes, stood: pd.DataFrame, halted: list[str], unit: float) -> None:
    """A bar for each outage and pause, in the row of each rollup that it stopped."""
    shared.letter(axes, "b", "outages and pauses" if halted else "no outage and no pause")
    for row in stood.to_dict("records"):
        rows = [halted.index(name) for name in row["name"].split(", ")]
        lengths = [(row["end_s"] - row["begin_s"]) / unit] * len(rows)
        axes.barh(rows, lengths, left=row["begin_s"] / unit, height=0.6, color=KINDS[row["part"]][1], zorder=2)
    axes.set_yticks(range(len(halted)), halted)
    axes.set_ylim(max(len(halted), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _key(figure: Figure, price: Axes, stood: pd.DataFrame) -> None:
    handles, labels = price.get_legend_handles_labels()
    for kind in shared.levels(stood, "part"):
        handles.append(Patch(facecolor=KINDS[kind][1]))
        labels.append(KINDS[kind][0])
    handles.append(Patch(facecolor=shared.VERMILION))
    labels.append("liquidated")
    page.key(figure, handles, labels)


def write(summary: pd.DataFrame, title: str, path: Path, columns: str = "two") -> None:
    """Draw a path into a file, of the kind that its name ends in."""
    shared.write(draw, summary, title, path, columns)
