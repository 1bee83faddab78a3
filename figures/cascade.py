"""A cascade of liquidations as a tree: generation by generation, which sales on which rollup caused what on which."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "The largest cascade of a run. A circle stands for what was liquidated on a rollup in a generation: its area, and "
    "the number beside it in thousands of USD, are the debt repaid. Those of generation 0 would have been liquidated "
    "by the price alone, those of the next would not, had none but those before sold. A line leads from liquidations "
    "whose sales held prices down to what they caused, and is as wide as the debt repaid for it; sales before this "
    "cascade have an open circle."
)
COLOURS = (shared.BLUE, shared.ORANGE, shared.GREEN, shared.VERMILION, shared.PINK, shared.SKY, "black", "#999999")
LARGEST_PT, WIDEST_PT = 26.0, 9.0
"""Diameter of the largest circle and width of the widest line [points]."""
MOST = 12
"""Generations that are drawn."""


def draw(summary: pd.DataFrame) -> Figure:
    """Draw a cascade: columns generation, rollup, usd, count, because_of (empty: liquidations), at_generation."""
    nodes = shared.where(summary, because_of="")
    links = shared.rows(summary, np.asarray(summary["because_of"] != ""))
    rollups = sorted({*nodes["rollup"], *links["because_of"]})
    last = int(max(nodes["generation"], default=0))
    drawn = min(last, MOST - 1)
    height = 1.0 + 0.6 * (drawn + 1)
    figure, panels = page.panels(height, (1, 1), page.Lines(1, height))
    axes = panels[0, 0]
    largest = float(max(nodes["usd"], default=1.0))
    earlier = _links(axes, links, nodes, rollups, drawn)
    for node in nodes.to_dict("records"):
        if node["generation"] <= drawn:
            _circle(axes, rollups.index(node["rollup"]), node, largest)
    axes.set_xticks(range(len(rollups)), rollups)
    axes.set_xlim(-0.6, max(len(rollups), 1) - 0.4)
    axes.set_yticks(range(drawn + 1), ["0, by the price", *map(str, range(1, drawn + 1))])
    axes.set_ylim(drawn + 0.6, -0.6)
    axes.set_ylabel("generation" if drawn == last else f"generation (first {MOST} of {last + 1})")
    axes.tick_params(length=0)
    axes.grid(axis="y")
    _key(figure, rollups, links, earlier)
    return figure


def _colour(column: int) -> str:
    return COLOURS[column % len(COLOURS)]


def _circle(axes: Axes, column: int, node: dict, largest: float) -> None:
    size = max(LARGEST_PT * np.sqrt(node["usd"] / largest), 2.0)
    axes.plot(column, node["generation"], "o", color=_colour(column), markersize=size, zorder=3)
    axes.annotate(
        shared.number(node["usd"] / 1e3), (column, node["generation"]), (0.5 * size + 3.0, 0.0),
        textcoords="offset points", va="center", fontsize=6.5, zorder=4,
    )  # fmt: skip


def _links(axes: Axes, links: pd.DataFrame, nodes: pd.DataFrame, rollups: list[str], drawn: int) -> bool:
    """Lines from causes to effects; returns whether any comes from sales before the cascade, which get a circle."""
    known = set(zip(nodes["rollup"], nodes["generation"], strict=True))
    widest, earlier = float(max(links["usd"], default=1.0)), False
    for link in links.to_dict("records"):
        if link["generation"] > drawn:
            continue
        column = rollups.index(link["because_of"])
        begin, end = (column, link["at_generation"]), (rollups.index(link["rollup"]), link["generation"])
        width = max(WIDEST_PT * link["usd"] / widest, 0.3)
        axes.plot(
            [begin[0], end[0]], [begin[1], end[1]], color=_colour(column), alpha=0.45, linewidth=width,
            solid_capstyle="round", zorder=2,
        )  # fmt: skip
        if (link["because_of"], link["at_generation"]) not in known:
            earlier = True
            axes.plot(*begin, "o", color="white", markeredgecolor=_colour(column), markersize=4, zorder=3)
    return earlier


def _key(figure: Figure, rollups: list[str], links: pd.DataFrame, earlier: bool) -> None:
    handles = [Line2D([], [], color=_colour(at), marker="o", markersize=5) for at in range(len(rollups))]
    labels = list(rollups)
    if len(links):
        widest = float(max(links["usd"]))
        handles.append(Line2D([], [], color="0.5", linewidth=0.5 * WIDEST_PT))
        labels.append(f"caused {shared.number(0.5 * widest / 1e3)} thousand USD")
    if earlier:
        handles.append(Line2D([], [], linestyle="none", marker="o", color="white", markeredgecolor="black"))
        labels.append("sold before")
    page.key(figure, handles, labels)


def write(summary: pd.DataFrame, title: str, path: Path, columns: str = "two") -> None:
    """Draw a cascade into a file, of the kind that its name ends in."""
    shared.write(draw, summary, title, path, columns)
