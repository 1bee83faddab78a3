"""A block as it was ordered: what each intent did, for how much, how long it had waited, and what it paid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "One rollup's part of a block, from its first intent to its last. (a) Value given at the reference price, coloured "
    "by what the intent did; open where it was not filled: what it asked for. Brackets join the members of a bundle, "
    "and an arrow leads from the first intent of a sandwich to its victim. (b) Time from arrival to execution. (c) "
    "What was paid for the place: tip, gas and data. Axes are linear up to the smallest tick beyond zero, and "
    "logarithmic from there on."
)
DID = {
    "retail": ("users", shared.BLUE),
    "sandwich": ("sandwiches", shared.VERMILION),
    "arbitrage": ("arbitrage", shared.SKY),
    "liquidation": ("liquidations", shared.PINK),
    "other": ("others", shared.GREY),
}
ARROW = {"arrowstyle": "-|>", "color": shared.VERMILION, "linewidth": 1.0, "shrinkA": 0, "shrinkB": 0}
MOST = 60
"""Intents that are drawn; of a larger block, the first ones."""


def draw(summary: pd.DataFrame) -> Figure:
    """Draw a block: columns position, sender, kind, did, filled, value_usd, waited_s, paid_usd, bundle, around."""
    shown = summary.head(MOST)
    height = 0.9 + 0.15 * len(shown)
    figure, panels = page.panels(height, (1, 3), page.Lines(3, height), share_y="all", widths=(2.0, 1.0, 1.0))
    value, waited, paid = panels.ravel()
    colours = [DID[did][1] for did in shown["did"]]
    filled = np.asarray(shown["filled"], dtype=bool)
    _bars(value, shown["value_usd"], colours, filled, 100.0)
    _bars(waited, shown["waited_s"], colours, filled, 0.1)
    _bars(paid, shown["paid_usd"], colours, filled, 0.1)
    _bundles(value, shown)
    _sandwiches(value, shown)
    cut = "" if len(shown) == len(summary) else f" (first {MOST} of {len(summary)})"
    titles = ((value, "a", f"value{cut}", "USD"), (waited, "b", "waited", "s"), (paid, "c", "paid", "USD"))
    for axes, letter, title, unit in titles:
        shared.named_rows(axes, letter, title, unit, [_name(row) for row in shown.to_dict("records")])
        axes.tick_params(axis="y", length=0, labelsize=6)
    _key(figure, summary, filled)
    return figure


def _name(row: dict) -> str:
    return f"{row['position'] + 1}  {row['sender']}, {row['kind']}".replace("_", " ")


def _bars(axes: Axes, lengths: Any, colours: list[str], filled: np.ndarray, linear: float) -> None:
    """A bar for each intent, open where it was not filled."""
    axes.set_xscale("symlog", linthresh=linear)
    for place, (length, colour) in enumerate(zip(lengths, colours, strict=True)):
        if np.isfinite(length):
            paint = colour if filled[place] else "none"
            axes.barh(place, length, height=0.66, color=paint, edgecolor=colour, linewidth=0.7, zorder=2)
    axes.set_xlim(left=0.0)
    low, high = 0.0, max([linear, *(float(length) for length in lengths if np.isfinite(length))])
    powers = range(int(np.floor(np.log10(linear))), int(np.ceil(np.log10(high))) + 1)
    steps = [10.0**power for power in powers]
    every = -(-len(steps) // 3)
    ticks = [low, *steps[::every]]
    axes.set_xlim(0.0, steps[-1])
    axes.set_xticks(ticks, [shared.number(tick) for tick in ticks])
    axes.minorticks_off()


def _bundles(axes: Axes, shown: pd.DataFrame) -> None:
    """A bracket over the members of each bundle, at the right edge."""
    for bundle in shared.levels(shown, "bundle"):
        rows = np.flatnonzero(np.asarray(shown["bundle"] == bundle)) if bundle >= 0 else np.zeros(0, int)
        if rows.size > 1:
            first, last = rows[0] - 0.3, rows[-1] + 0.3
            axes.plot(
                [0.97, 0.985, 0.985, 0.97], [first, first, last, last], color="black", linewidth=0.8, clip_on=False,
                transform=axes.get_yaxis_transform(),
            )  # fmt: skip


def _sandwiches(axes: Axes, shown: pd.DataFrame) -> None:
    """An arrow from the first intent of a sandwich to each of its victims."""
    place = {int(position): row for row, position in enumerate(shown["position"])}
    for row, around in enumerate(shown["around"]):
        if int(around) in place:
            axes.annotate(
                "", (0.9, row), (0.9, place[int(around)]), xycoords=axes.get_yaxis_transform(), arrowprops=ARROW
            )


def _key(figure: Figure, summary: pd.DataFrame, filled: np.ndarray) -> None:
    handles: list[Patch | Line2D] = []
    for did, (name, colour) in DID.items():
        if did in shared.levels(summary, "did"):
            handles.append(Patch(facecolor=colour, label=name))
    if not filled.all():
        handles.append(Patch(facecolor="none", edgecolor="black", linewidth=0.7, label="not filled"))
    if any(bundle >= 0 for bundle in shared.levels(summary, "bundle")):
        handles.append(Line2D([], [], color="black", linewidth=0.8, label="bundle"))
    if (np.asarray(summary["around"]) >= 0).any():
        handles.append(Line2D([], [], color=shared.VERMILION, linewidth=1.0, marker=">", label="sandwiches"))
    page.key(figure, handles, [str(handle.get_label()) for handle in handles])


def write(summary: pd.DataFrame, title: str, path: Path, columns: str = "two") -> None:
    """Draw a block into a file, of the kind that its name ends in."""
    shared.write(draw, summary, title, path, columns)
