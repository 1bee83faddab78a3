"""The bidding war of block builders: published and simulated win rates, and what latency changes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "The open auction for a block. (a) Win rates of groups of bidders in the six published experiments, 10,000 "
    "auctions each, against ours; the band is the tolerance of 0.02, intervals are 95% over seeds and mostly "
    "smaller than the points. (b) Win rates of ten naive bidders by their access to private order flow and (c) by "
    "their individual delay; lines are published, points ours. (d-f) Win rate of four naive, four adaptive and "
    "four bidders of a third rule that reveals one step before the last possible one, by the delay common to all; "
    "the auction ends on time or, at random, with a standard deviation of 50 ms; bands are 95% intervals "
    "over seeds."
)

COLOURS = (shared.BLUE, shared.ORANGE, shared.VERMILION)
MARKERS = ("o", "s", "^")
LATE = {"last_minute": "last-minute", "stealth": "stealth", "bluff": "bluff"}
ENDS = {"last_minute": "fixed end", "stealth": "random end", "bluff": "random end"}
TOLERANCE, STEP_MS = 0.02, 10


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(4.4, (2, 3))
    published = shared.where(summary, part="published")
    _agreement(panels[0, 0], published)
    _bidders(
        panels[0, 1], published, ("b", "access", "access to private order flow"), [0.8 + 0.02 * i for i in range(10)]
    )
    _bidders(panels[0, 2], published, ("c", "delay 1-10", "individual delay [ms]"), [10.0 * i for i in range(1, 11)])
    latency = shared.where(summary, part="latency")
    for axes, name, late in zip(panels[1], "def", LATE, strict=True):
        _latency(axes, shared.where(latency, experiment=late), name, late)
    top = 1.15 * max(axes.get_ylim()[1] for axes in panels[1])
    for axes in panels[1]:
        axes.set_ylim(0, top)
    panels[1, 0].set_ylabel("win rate of the group")
    return figure


def _agreement(axes: Axes, published: pd.DataFrame) -> None:
    shared.letter(axes, "a", "published and ours")
    ends = np.array([0.0, 0.7])
    axes.fill_between(ends, ends - TOLERANCE, ends + TOLERANCE, color="0.88", linewidth=0)
    axes.plot(ends, ends, color="black", linewidth=0.6)
    for at, experiment in enumerate(shared.levels(published, "experiment")):
        part = shared.where(published, experiment=experiment)
        colour = (shared.BLUE, shared.SKY, shared.ORANGE, shared.VERMILION, shared.GREEN, shared.PINK)[at % 6]
        axes.vlines(part["published"], part["low"], part["high"], color=colour, linewidth=1.2)
        label = str(experiment).replace("4+4+4 ", "").replace("10 naive, ", "")
        axes.plot(part["published"], part["mean"], MARKERS[at % 3], color=colour, markersize=3.5, label=label)
    axes.set_xlabel("published win rate")
    axes.set_ylabel("our win rate")
    axes.legend(loc="upper left", fontsize=6.5, handletextpad=0.1)


def _bidders(axes: Axes, published: pd.DataFrame, names: tuple[str, str, str], places: list[float]) -> None:
    name, contains, text = names
    part = shared.rows(published, published["experiment"].str.contains(contains) & (published["groups"] == len(places)))
    shared.letter(axes, name, "ten naive bidders")
    axes.set_xlabel(text)
    if part.empty:
        return
    axes.plot(places, part["published"], color="black", label="published")
    axes.vlines(places, part["low"], part["high"], color=shared.BLUE, linewidth=1.6)
    axes.plot(places, part["mean"], "o", color=shared.BLUE, markersize=3.5, label="ours")
    axes.set_ylim(0, 1.25 * axes.get_ylim()[1])
    axes.legend(loc="upper left", ncols=2)


def _latency(axes: Axes, summary: pd.DataFrame, name: str, late: str) -> None:
    shared.letter(axes, name, f"third rule: {LATE[late]}, {ENDS[late]}")
    axes.set_xlabel("delay common to all [ms]")
    axes.grid(axis="y")
    for k, group in enumerate(("naive", "adaptive", LATE[late])):
        by_delay = shared.series(shared.where(summary, place=k), "global_delay")
        cells = {STEP_MS * float(delay): cell for delay, cell in by_delay.items()}
        shared.band(axes, cells, COLOURS[k], group, MARKERS[k] + "-")
    axes.legend(loc="upper center", ncols=3, columnspacing=0.8)
