"""The bidding war of block builders: published and simulated win rates, and what latency changes."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _shared as shared

type Frame = Any  # a pandas.DataFrame; its types do not tell a part of a table from a column

CAPTION = (
    "The open auction for a block. (a) Win rates of groups of bidders in the six published experiments, 10,000 "
    "auctions each, against ours; the band is the tolerance of 0.02, intervals are 95% over seeds and mostly "
    "smaller than the points. (b) Win rates of ten naive bidders by their access to private order flow and (c) by "
    "their individual delay; lines are published, points ours. (d-f) Win rate of four naive, four adaptive and "
    "four bidders of a third rule that reveals one step before the last possible one, by the delay common to all; "
    "the auction ends on time or, at random, with a standard deviation of 50 ms; bands are 95% bootstrap intervals "
    "over seeds."
)

COLOURS = (shared.BLUE, shared.ORANGE, shared.VERMILION)
MARKERS = ("o", "s", "^")
LATE = {"last_minute": "last-minute", "stealth": "stealth", "bluff": "bluff"}
ENDS = {"last_minute": "fixed end", "stealth": "random end", "bluff": "random end"}
TOLERANCE, STEP_MS = 0.02, 10


def draw(runs: Frame) -> Figure:
    """Draw finished runs of the study."""
    figure = Figure(figsize=(shared.WIDTH_IN, 4.4))
    panels = figure.subplots(2, 3)
    published = runs[runs["part"] == "published"]
    _agreement(panels[0, 0], published)
    _bidders(
        panels[0, 1], published, ("b", "access", "access to private order flow"), [0.8 + 0.02 * i for i in range(10)]
    )
    _bidders(panels[0, 2], published, ("c", "delay 1-10", "individual delay [ms]"), [10.0 * i for i in range(1, 11)])
    latency = runs[runs["part"] == "latency"]
    for axes, name, late in zip(panels[1], "def", LATE, strict=True):
        _latency(axes, latency[latency["experiment"] == late], name, late)
    top = 1.15 * max(axes.get_ylim()[1] for axes in panels[1])
    for axes in panels[1]:
        axes.set_ylim(0, top)
    panels[1, 0].set_ylabel("win rate of the group")
    return figure


def _agreement(axes: Axes, runs: Frame) -> None:
    shared.letter(axes, "a", "published and ours")
    ends = np.array([0.0, 0.7])
    axes.fill_between(ends, ends - TOLERANCE, ends + TOLERANCE, color="0.88", linewidth=0)
    axes.plot(ends, ends, color="black", linewidth=0.6)
    for at, (_, part) in enumerate(runs.groupby("experiment", sort=False)):
        known = list(range(int(part["groups"].iloc[0])))
        x = [part[f"published_rate_{k}"].iloc[0] for k in known]
        samples = [shared.values(part, f"win_rate_{k}") for k in known]
        colour = (shared.BLUE, shared.SKY, shared.ORANGE, shared.VERMILION, shared.GREEN, shared.PINK)[at % 6]
        low, high = np.array([shared.interval(sample) for sample in samples]).T
        axes.vlines(x, low, high, color=colour, linewidth=1.2)
        means = [sample.mean() for sample in samples]
        label = str(part["experiment"].iloc[0]).replace("4+4+4 ", "").replace("10 naive, ", "")
        axes.plot(x, means, MARKERS[at % 3], color=colour, markersize=3.5, label=label)
    axes.set_xlabel("published win rate")
    axes.set_ylabel("our win rate")
    axes.legend(loc="upper left", fontsize=6.5, handletextpad=0.1)


def _bidders(axes: Axes, runs: Frame, names: tuple[str, str, str], places: list[float]) -> None:
    name, contains, text = names
    part = runs[runs["experiment"].str.contains(contains) & (runs["groups"] == len(places))]
    shared.letter(axes, name, "ten naive bidders")
    axes.set_xlabel(text)
    if part.empty:
        return
    axes.plot(places, [part[f"published_rate_{k}"].iloc[0] for k in range(10)], color="black", label="published")
    samples = [shared.values(part, f"win_rate_{k}") for k in range(10)]
    low, high = np.array([shared.interval(sample) for sample in samples]).T
    axes.vlines(places, low, high, color=shared.BLUE, linewidth=1.6)
    axes.plot(places, [sample.mean() for sample in samples], "o", color=shared.BLUE, markersize=3.5, label="ours")
    axes.set_ylim(0, 1.25 * axes.get_ylim()[1])
    axes.legend(loc="upper left", ncols=2)


def _latency(axes: Axes, runs: Frame, name: str, late: str) -> None:
    shared.letter(axes, name, f"third rule: {LATE[late]}, {ENDS[late]}")
    axes.set_xlabel("delay common to all [ms]")
    axes.grid(axis="y")
    for k, group in enumerate(("naive", "adaptive", LATE[late])):
        by_delay = {d: shared.values(p, f"win_rate_{k}") for d, p in runs.groupby("global_delay")}
        x = [STEP_MS * float(delay) for delay in by_delay]
        low, high = np.array([shared.interval(sample) for sample in by_delay.values()]).T if x else ([], [])
        axes.fill_between(x, low, high, color=COLOURS[k], alpha=0.2, linewidth=0)
        means = [sample.mean() for sample in by_delay.values()]
        axes.plot(x, means, MARKERS[k] + "-", color=COLOURS[k], markersize=3, label=group)
    axes.legend(loc="upper center", ncols=3, columnspacing=0.8)
