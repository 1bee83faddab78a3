"""Searcher or builder: bids, revenue, payoffs by role, and the numbers of builders at which nobody switches."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Agents with one bundle each choose between sending it to builders and building. (a) Share of their bundle's "
    "value that searchers learn to bid, by the probability that two bundles exclude each other. (b) The proposer's "
    "revenue; both for several numbers of builders. (c) What a builder earns more than a searcher would who took "
    "its place: above zero nobody stops building. (d) Numbers of builders at which nobody gains by switching, "
    "fewest to most. Bands are 95% intervals over seeds."
)

COLOURS = (shared.SKY, shared.BLUE, shared.GREEN, shared.VERMILION, shared.PINK)
SHOWN = (1, 3, 5, 7)


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(4.3, (2, 2))
    _by_conflict(panels[0, 0], summary, "bid_share", ("a", "searchers' bids", "share of value bid"))
    _by_conflict(panels[0, 1], summary, "proposer_eth", ("b", "proposer's revenue", "ETH per block"))
    panels[0, 0].legend(title="builders", ncols=2, loc="upper left")
    _switching(panels[1, 0], shared.where(summary, outcome="gain_eth"))
    _stable(panels[1, 1], summary)
    return figure


def _by_conflict(axes: Axes, summary: pd.DataFrame, outcome: str, names: tuple[str, str, str]) -> None:
    shared.letter(axes, *names[:2])
    for builders, colour in zip(SHOWN, COLOURS, strict=False):
        part = shared.where(summary, builders=builders, outcome=outcome)
        shared.band(axes, shared.series(part, "conflict"), colour, str(builders))
    axes.set_xlabel("conflict probability")
    axes.set_ylabel(names[2])
    axes.set_ylim(bottom=0)


def _switching(axes: Axes, gains: pd.DataFrame) -> None:
    shared.letter(axes, "c", "gain from building")
    for conflict, colour in zip(sorted(shared.levels(gains, "conflict")), COLOURS, strict=False):
        cells = shared.series(shared.where(gains, conflict=conflict), "builders")
        shared.band(axes, cells, colour, f"{conflict:g}")
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_yscale("symlog", linthresh=0.003)
    axes.set_yticks([-0.1, -0.01, 0, 0.01, 0.1], ["\N{MINUS SIGN}0.1", "\N{MINUS SIGN}0.01", "0", "0.01", "0.1"])
    axes.set_xlabel("builders, oneself included")
    axes.set_ylabel("ETH per block")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(-0.2, 0.9)
    axes.legend(title="conflict probability", ncols=5, loc="upper right", fontsize=6.5, columnspacing=0.7)


def _stable(axes: Axes, summary: pd.DataFrame) -> None:
    shared.letter(axes, "d", "builders in equilibrium")
    for outcome, colour, style in (("most", shared.VERMILION, "o-"), ("fewest", shared.BLUE, "o--")):
        cells = shared.series(shared.where(summary, outcome=outcome), "conflict")
        shared.band(axes, cells, colour, outcome, style)
    axes.set_xlabel("conflict probability")
    axes.set_ylabel("builders")
    axes.set_ylim(0, float(max(shared.levels(summary, "agents"))) + 0.4)
    axes.legend(loc="lower right")
