"""Rollups choose among sequencing networks: where best replies end, by the strength of cross-rollup demand."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _shared as shared

CAPTION = (
    "Four rollups choose between two networks and sequencing by themselves, on payoffs measured in markets, by how "
    "often users want to trade on two rollups at once. (a) Share of all beginnings and orders of moves from which best "
    "replies end in one network with all rollups, in one with some outside, in several, in none, or in a cycle. "
    "(b) Share of the largest network in the depth of all pools, and the Herfindahl-Hirschman index of who sequences. "
    "(c) Income of the networks, and gain of users over all alone. Means with 95% intervals over seeds."
)
ENDS = {
    "tipped": ("one network", shared.BLUE),
    "one_network": ("one, and outsiders", shared.SKY),
    "split": ("several", shared.ORANGE),
    "alone": ("none", "0.8"),
    "cycle": ("cycle", shared.VERMILION),
}


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    demands = sorted(shared.levels(summary, "cross_per_second"))
    figure = Figure(figsize=(shared.WIDTH_IN, 2.7))
    ends, shares, money = figure.subplots(1, 3)
    _ends(ends, summary, demands)
    shared.letter(shares, "b", "concentration")
    _line(shares, summary, "largest_network", demands, (1.0, shared.BLUE, "largest network"))
    _line(shares, summary, "hhi", demands, (1.0, shared.GREY, "HHI"))
    shares.set_ylim(0, 1.05)
    shares.legend(loc="best")
    shared.letter(money, "c", "money")
    _line(money, summary, "network_income_usd_day", demands, (1e-3, shared.ORANGE, "income of networks"))
    _line(money, summary, "users_gain_usd_day", demands, (1e-3, shared.GREEN, "gain of users"))
    money.set_yscale("symlog", linthresh=0.1)
    money.set_ylabel("$10^3$ USD per day")
    money.legend(loc="best")
    figure.legend(*ends.get_legend_handles_labels(), loc="outside lower left", ncols=len(ENDS))
    for axes in (ends, shares, money):
        axes.set_xticks(range(len(demands)), [f"{demand:g}" for demand in demands])
        axes.set_xlabel("cross-rollup needs per second")
    for axes in (shares, money):
        axes.grid(axis="y")
    return figure


def _ends(axes: Axes, summary: pd.DataFrame, demands: list[float]) -> None:
    shared.letter(axes, "a", "where rollups end")
    bottom = np.zeros(len(demands))
    for end, (name, colour) in ENDS.items():
        cells = shared.series(shared.where(summary, outcome=f"ends_{end}"), "cross_per_second", 100.0)
        height = np.array([cells[demand].mean for demand in demands])
        axes.bar(range(len(demands)), height, bottom=bottom, width=0.7, color=colour, label=name)
        bottom += height
    axes.set_ylim(0, 100)
    axes.set_ylabel("% of beginnings")


def _line(axes: Axes, summary: pd.DataFrame, outcome: str, demands: list[float], drawn: tuple[float, str, str]) -> None:
    scale, colour, name = drawn
    cells = shared.series(shared.where(summary, outcome=outcome), "cross_per_second", scale)
    shared.bars(axes, {demands.index(demand): cell for demand, cell in cells.items()}, colour, name)
