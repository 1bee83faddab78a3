"""The rollups of a run with their bridges: how deep, how fast, sequenced with whom, and what went over which bridge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Rollups and the bridges between them. The area of a circle is the depth of a rollup's pools (one side), with the "
    "time between its blocks and what its pools traded beside it; circles of one colour are sequenced together, grey "
    "ones alone. An arrow is as wide as the value that was sent over a bridge its way; a thin line is a bridge that "
    "carried nothing."
)
COLOURS = (shared.BLUE, shared.ORANGE, shared.GREEN, shared.PINK, shared.SKY, shared.VERMILION)
LARGEST_PT, WIDEST_PT = 28.0, 5.0
"""Diameter of the deepest rollup and width of the busiest bridge [points]."""
MOST_NAMED = 16


def draw(summary: pd.DataFrame) -> Figure:
    """Draw parts rollup (name, domain, block_time_s, depth_usd, usd) and bridge (name, to, usd)."""
    nodes, bridges = shared.where(summary, part="rollup"), shared.where(summary, part="bridge")
    figure, panels = page.panels(4.2, (1, 1), page.Lines(1, 3.4))
    axes = panels[0, 0]
    axes.set_axis_off()
    names = list(nodes["name"])
    angles = 0.5 * np.pi - 2.0 * np.pi * np.arange(len(names)) / max(len(names), 1)
    places = dict(zip(names, zip(np.cos(angles), np.sin(angles), strict=True), strict=True))
    domains = list(dict.fromkeys(domain for domain in nodes["domain"] if ", " in domain))
    _bridges(axes, bridges, places)
    deepest = max([1.0, *nodes["depth_usd"]])
    for node in nodes.to_dict("records"):
        together = node["domain"] in domains
        colour = COLOURS[domains.index(node["domain"]) % len(COLOURS)] if together else shared.GREY
        size = LARGEST_PT * np.sqrt(max(node["depth_usd"], 0.0) / deepest)
        axes.plot(*places[node["name"]], "o", color=colour, markersize=max(size, 2.0), zorder=3)
        if len(names) <= MOST_NAMED:
            _name(axes, node, places[node["name"]], size)
    axes.set(xlim=(-1.75, 1.75), ylim=(-1.35, 1.35), aspect="equal")
    _key(figure, domains, len(shared.levels(nodes, "domain")) > len(domains), bridges, deepest)
    return figure


def _name(axes: Axes, node: dict, place: tuple[float, float], size: float) -> None:
    x, y = place
    text = f"{node['name']}\n{node['block_time_s']:g} s, {_money(node['usd'])}"
    side = "center" if abs(x) < 0.2 else "left" if x > 0 else "right"
    vertical = "center" if abs(x) >= 0.2 else "bottom" if y > 0 else "top"
    away = 0.5 * size + 4.0
    axes.annotate(
        text, place, (away * x, away * y), textcoords="offset points", ha=side, va=vertical, fontsize=6.5,
        linespacing=1.1,
    )  # fmt: skip


def _money(usd: float) -> str:
    return f"{shared.number(usd / 1e6)} million USD" if usd >= 1e6 else f"{shared.number(usd / 1e3)} thousand USD"


def _bridges(axes: Axes, bridges: pd.DataFrame, places: dict[str, tuple[float, float]]) -> None:
    """A thin line for each bridge, and on it an arrow for each way that something was sent."""
    most = max([0.0, *bridges["usd"]])
    for bridge in bridges.to_dict("records"):
        begin, end = places[bridge["name"]], places[bridge["to"]]
        axes.plot([begin[0], end[0]], [begin[1], end[1]], color="0.8", linewidth=0.5, zorder=1)
        if bridge["usd"] > 0.0:
            width = max(WIDEST_PT * bridge["usd"] / most, 0.4)
            axes.add_patch(
                FancyArrowPatch(
                    begin,
                    end,
                    connectionstyle="arc3,rad=0.12",
                    arrowstyle="-|>",
                    mutation_scale=5.0 + 1.5 * width,
                    shrinkA=8,
                    shrinkB=12,
                    color="0.35",
                    alpha=0.8,
                    linewidth=width,
                    zorder=2,
                )
            )


def _key(figure: Figure, domains: list[str], alone: bool, bridges: pd.DataFrame, deepest: float) -> None:
    handles, labels = [], []
    for domain, colour in zip(domains, COLOURS, strict=False):
        count = domain.count(", ") + 1
        handles.append(Line2D([], [], linestyle="none", marker="o", color=colour, markersize=5))
        labels.append(f"{count} sequenced together")
    if alone:
        handles.append(Line2D([], [], linestyle="none", marker="o", color=shared.GREY, markersize=5))
        labels.append("sequenced alone")
    handles.append(
        Line2D([], [], linestyle="none", marker="o", color="none", markeredgecolor="black", markersize=LARGEST_PT / 3)
    )
    labels.append(f"depth {_money(deepest / 9.0)}")
    most = max([0.0, *bridges["usd"]])
    if most > 0.0:
        handles.append(Line2D([], [], color="0.35", linewidth=WIDEST_PT / 2))
        labels.append(f"{_money(most / 2.0)} sent")
    page.key(figure, handles, labels)


def write(summary: pd.DataFrame, title: str, path: Path, columns: str = "two") -> None:
    """Draw rollups and bridges into a file, of the kind that its name ends in."""
    shared.write(draw, summary, title, path, columns)
