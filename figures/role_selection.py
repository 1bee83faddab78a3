"""Searcher or builder: bids, revenue, payoffs by role, and the numbers of builders at which nobody switches."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from figures import _shared as shared

type Frame = Any  # a pandas.DataFrame; its types do not tell a part of a table from a column

CAPTION = (
    "Agents with one bundle each choose between sending it to builders and building. (a) Share of their bundle's "
    "value that searchers learn to bid, by the probability that two bundles exclude each other. (b) The proposer's "
    "revenue; both for several numbers of builders. (c) What a builder earns more than a searcher would who took "
    "its place: above zero nobody stops building. (d) Numbers of builders at which nobody gains by switching, "
    "fewest to most. Bands are 95% bootstrap intervals over seeds."
)

COLOURS = (shared.SKY, shared.BLUE, shared.GREEN, shared.VERMILION, shared.PINK)
SHOWN = (1, 3, 5, 7)


def draw(runs: Frame) -> Figure:
    """Draw finished runs of the study."""
    figure = Figure(figsize=(shared.WIDTH_IN, 4.3))
    panels = figure.subplots(2, 2)
    _by_conflict(panels[0, 0], runs, "bid_share", ("a", "searchers' bids", "share of value bid"))
    _by_conflict(panels[0, 1], runs, "proposer_eth", ("b", "proposer's revenue", "ETH per block"))
    panels[0, 0].legend(title="builders", ncols=2, loc="upper left")
    _switching(panels[1, 0], runs)
    _stable(panels[1, 1], runs)
    return figure


def _band(axes: Axes, groups: dict[float, np.ndarray], colour: str, label: str, line: str = "-") -> None:
    x = sorted(groups)
    low, high = np.array([shared.interval(groups[at]) for at in x]).T
    axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(x, [np.nanmean(groups[at]) for at in x], "o" + line, color=colour, markersize=3, label=label)


def _by_conflict(axes: Axes, runs: Frame, column: str, names: tuple[str, str, str]) -> None:
    shared.letter(axes, *names[:2])
    for builders, colour in zip(SHOWN, COLOURS, strict=False):
        part = runs[runs["builders"] == builders]
        groups = {float(c): shared.values(p, column) for c, p in part.groupby("conflict")}
        if groups:
            _band(axes, groups, colour, str(builders))
    axes.set_xlabel("conflict probability")
    axes.set_ylabel(names[2])
    axes.set_ylim(bottom=0)


def _payoffs(part: Frame) -> tuple[dict[int, float], dict[int, float]]:
    """Payoff of a searcher and of a builder by number of builders, in one seed at one probability."""
    builders = [int(k) for k in part["builders"]]
    return (
        dict(zip(builders, shared.values(part, "searcher_eth"), strict=True)),
        dict(zip(builders, shared.values(part, "builder_eth"), strict=True)),
    )


def _switching(axes: Axes, runs: Frame) -> None:
    shared.letter(axes, "c", "gain from building")
    for (conflict, cells), colour in zip(runs.groupby("conflict"), COLOURS, strict=False):
        gains: dict[float, list[float]] = {}
        for _, part in cells.groupby("seed"):
            searcher, builder = _payoffs(part)
            for k in searcher:
                if k > 1:
                    gains.setdefault(float(k), []).append(builder[k] - searcher[k - 1])
        _band(axes, {k: np.array(v) for k, v in gains.items()}, colour, f"{conflict:g}")
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_yscale("symlog", linthresh=0.003)
    axes.set_yticks([-0.1, -0.01, 0, 0.01, 0.1], ["\N{MINUS SIGN}0.1", "\N{MINUS SIGN}0.01", "0", "0.01", "0.1"])
    axes.set_xlabel("builders, oneself included")
    axes.set_ylabel("ETH per block")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(-0.2, 0.9)
    axes.legend(title="conflict probability", ncols=5, loc="upper right", fontsize=6.5, columnspacing=0.7)


def _stable(axes: Axes, runs: Frame) -> None:
    shared.letter(axes, "d", "builders in equilibrium")
    numbers: dict[float, list[list[int]]] = {}
    for (conflict, _), part in runs.groupby(["conflict", "seed"]):
        searcher, builder = _payoffs(part)
        n = int(part["agents"].iloc[0])
        numbers.setdefault(float(conflict), []).append(
            [
                k
                for k in range(1, n + 1)
                if (k == n or searcher[k] >= builder[k + 1]) and (k == 1 or builder[k] >= searcher[k - 1])
            ]
        )
    for pick, colour, name in ((max, shared.VERMILION, "most"), (min, shared.BLUE, "fewest")):
        groups = {c: np.array([pick(found) for found in seeds if found], float) for c, seeds in numbers.items()}
        _band(
            axes, {c: sample for c, sample in groups.items() if sample.size}, colour, name, "--" if pick is min else "-"
        )
    axes.set_xlabel("conflict probability")
    axes.set_ylabel("builders")
    axes.set_ylim(0, float(runs["agents"].max()) + 0.4)
    axes.legend(loc="lower right")
