"""Prices that bidders who learn end at: repeated auctions, fines, builders and sequencers in the market."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import _rings as rings
from figures import _shared as shared

type Frame = Any  # a pandas.DataFrame; its types do not tell a part of a table from a column

CAPTION = (
    "Prices, as shares of what is sold, paid by bidders in repeated auctions. (a-d) Clean repeated games of "
    "Q-learners who have never heard of collusion, for a prize of known value, by patience and number of bidders; "
    "solid without, dashed with memory of the last winning bid; bands are 95% bootstrap intervals over seeds; thin "
    "lines, the static equilibrium for two bidders. (e) Share of games in which a forced overbid by one step pays the"
    " deviator, two bidders: low prices that it pays to undercut are no cartel. (f) Two patient bidders at first "
    "prices, by the probability that a sale below half the value is looked into and all are fined twice the value; "
    "bars are 95% intervals. (g) Builders who learn in the full market, second half of the blocks. (h) Sequencers who"
    " bid for slots in the full market: price over value, and NashConv, a lower bound, of breaking away from what "
    "they ended with (triangles, with standard errors); rings punish for as many slots as they say. (i-l) Rings of "
    "three that know of each other, in the full market, against the same market in which they compete. (i) Price when"
    " a newcomer enters halfway (solid) and when nobody does (dotted). (j) Share of windows of sales that a screen "
    "accuses, set to err in 5%; colours as in (i). (k) Price in the second half under a screen of rotation, by the "
    "fine to be expected over what the ring brings a member between two looks (solid, with 95% intervals), and what a"
    " ring that never gives up would gain over competing, as a share of what it gains unwatched (dashed). (l) Members"
    " that gave the ring up."
)

COLOURS = {2: shared.BLUE, 3: shared.ORANGE, 4: shared.GREEN, 5: shared.VERMILION}
FORMATS = {
    "first_price": "first price",
    "second_price": "second price",
    "all_pay": "all-pay",
    "ticket_lottery": "ticket lottery",
}
SHORT = {"first_price": "first", "second_price": "second", "ascending": "ascending", "all_pay": "all-pay"}
SHORT |= {"ticket_lottery": "lottery"}
STATIC = {"first_price": 0.95, "second_price": 0.95, "all_pay": 1.0, "ticket_lottery": 0.5}
"""Price in the static equilibrium of two bidders on the grid of bids [1]."""
FORMAT_COLOURS = dict(zip(FORMATS, (shared.BLUE, shared.ORANGE, shared.GREEN, shared.VERMILION), strict=True))
LINES = {False: "-", True: "--"}


def draw(runs: Frame) -> Figure:
    """Draw finished runs of the study."""
    figure = Figure(figsize=(shared.WIDTH_IN, 8.6))
    panels = figure.subplots(4, 3).ravel()
    repeated = runs[runs["part"] == "repeated"]
    for axes, name, auction in zip(panels, "abcd", FORMATS, strict=False):
        shared.letter(axes, name, f"repeated, {FORMATS[auction]}")
        _by_patience(axes, repeated[repeated["auction"] == auction], "price_over_value", "bidders")
        axes.axhline(STATIC[auction], color="black", linewidth=0.5)
        axes.set_ylabel("price / value")
        axes.set_ylim(0, max(1.05, axes.get_ylim()[1]))
    _legend(panels[0], [(COLOURS[int(n)], str(n)) for n in sorted(repeated["bidders"].unique())], "bidders")
    _deviations(panels[4], repeated)
    _detection(panels[5], runs)
    _builders(panels[6], runs[runs["part"] == "builders"])
    _sequencers(panels[7], runs[runs["part"] == "sequencers"])
    shared.letter(panels[8], "i", "a newcomer enters")
    rings.entry(panels[8], runs[runs["part"] == "entry"])
    shared.letter(panels[9], "j", "what screens see")
    rings.screens(panels[9], runs[runs["part"] == "screens"])
    shared.letter(panels[10], "k", "fines in the market")
    rings.fines(panels[10], runs[runs["part"] == "fines"])
    shared.letter(panels[11], "l", "who gives up")
    rings.leavers(panels[11], runs[runs["part"] == "fines"])
    return figure


def _legend(axes: Axes, keys: Iterable[tuple[str, str]], title: str) -> None:
    handles = [Line2D([], [], color=colour, label=label) for colour, label in keys]
    handles.append(Line2D([], [], color="black", linestyle="-", label="blind"))
    handles.append(Line2D([], [], color="black", linestyle="--", label="monitoring"))
    axes.legend(handles=handles, title=title, loc="lower left", ncols=2, fontsize=6.5)


def _by_patience(axes: Axes, runs: Frame, outcome: str, colour_by: str) -> None:
    patience = sorted(runs["discount"].unique())
    for (key, monitoring), part in runs.groupby([colour_by, "monitoring"]):
        samples = [shared.values(part[part["discount"] == d], outcome) for d in patience]
        colour = COLOURS[int(key)] if colour_by == "bidders" else FORMAT_COLOURS[str(key)]
        low, high = np.array([shared.interval(sample) for sample in samples]).T
        axes.fill_between(range(len(patience)), low, high, color=colour, alpha=0.15, linewidth=0)
        means = [sample.mean() for sample in samples]
        axes.plot(range(len(patience)), means, "o" + LINES[bool(monitoring)], color=colour, markersize=3)
    axes.set_xticks(range(len(patience)), [f"{d:g}" for d in patience])
    axes.set_xlabel("patience (discount factor)")
    axes.grid(axis="y")


def _deviations(axes: Axes, runs: Frame) -> None:
    shared.letter(axes, "e", "does breaking ranks pay?")
    _by_patience(axes, runs[runs["bidders"] == 2], "deviations_that_pay", "auction")
    axes.set_ylabel("share of games")
    axes.set_ylim(-0.03, 1.45)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    handles = [Line2D([], [], color=c, label=t) for c, t in zip(FORMAT_COLOURS.values(), FORMATS.values(), strict=True)]
    axes.legend(handles=handles, loc="upper left", ncols=2, fontsize=6.5)


def _detection(axes: Axes, runs: Frame) -> None:
    shared.letter(axes, "f", "fines for cheap sales")
    clean = runs[(runs["part"] == "repeated") & (runs["auction"] == "first_price") & (runs["bidders"] == 2)]
    clean = clean[(clean["discount"] == 0.99) & ~clean["monitoring"].astype(bool)]
    cells: Frame = pd.concat([clean, runs[runs["part"] == "detection"]])
    chances = sorted(cells["detection"].unique())
    samples = [shared.values(cells[cells["detection"] == chance], "price_over_value") for chance in chances]
    low, high = np.array([shared.interval(sample) for sample in samples]).T
    axes.vlines(range(len(chances)), low, high, color=shared.BLUE, linewidth=1.6)
    axes.plot(range(len(chances)), [sample.mean() for sample in samples], "o-", color=shared.BLUE, markersize=3.5)
    axes.axhline(0.5, color="black", linewidth=0.6, linestyle="--")
    axes.set_xticks(range(len(chances)), [f"{chance:g}" for chance in chances])
    axes.set_xlabel("probability of detection")
    axes.set_ylabel("price / value")
    axes.set_ylim(0, 1.05)
    axes.grid(axis="y")


def _builders(axes: Axes, runs: Frame) -> None:
    shared.letter(axes, "g", "builders in the market")
    cells = list(runs.groupby(["auction", "bidders"], sort=False))
    for row, (_, part) in enumerate(cells):
        for side, (discount, colour) in enumerate(((0.0, shared.BLUE), (0.95, shared.VERMILION))):
            sample = shared.values(part[part["discount"] == discount], "price_over_value")
            place = {"cell": row + 0.16 * (2 * side - 1)}
            label = "impatient" if side == 0 else "patient"
            axes.plot([], [], "o", color=colour, markersize=3.5, label=label if row == 0 else None)
            _dots(axes, sample, place["cell"], colour)
    names = [f"{SHORT[str(a)]}, {n}" for (a, n), _ in cells]
    _rows(axes, names)
    axes.set_xlim(0, max(1.05, axes.get_xlim()[1]))
    axes.set_xlabel("price / value")
    axes.legend(loc="lower left", ncols=2)


def _sequencers(axes: Axes, runs: Frame) -> None:
    shared.letter(axes, "h", "sequencers in the market")
    cells = list(runs.groupby("strategy", sort=False))
    for row, (_, part) in enumerate(cells):
        _dots(axes, shared.values(part, "price_over_value"), row - 0.14, shared.BLUE)
        regret, error = shared.values(part, "nash_conv_share"), shared.values(part, "nash_conv_standard_error")
        mean, width = regret.mean(), np.sqrt((error**2).mean() / error.size)
        axes.hlines(row + 0.18, max(mean - width, 0.0), mean + width, color=shared.VERMILION, linewidth=1.2)
        axes.plot(mean, row + 0.18, "^", color=shared.VERMILION, markersize=3.5)
    _rows(axes, [str(name).replace("Q-learning, patient, monitoring", "patient, monitoring") for name, _ in cells])
    axes.plot([], [], "o", color=shared.BLUE, markersize=3.5, label="price")
    axes.plot([], [], "^", color=shared.VERMILION, markersize=3.5, label="NashConv")
    axes.legend(loc="lower right", ncols=2)
    axes.set_xlabel("share of value")


def _dots(axes: Axes, sample: np.ndarray, row: float, colour: str) -> None:
    sample = sample[np.isfinite(sample)]
    if sample.size == 0:
        return
    axes.plot(sample, np.full(sample.size, row), "o", color=colour, alpha=0.35, markersize=2, markeredgewidth=0)
    axes.hlines(row, *shared.interval(sample), color=colour, linewidth=1.6)
    axes.plot(sample.mean(), row, "o", color=colour, markersize=3.5, markeredgecolor="white", markeredgewidth=0.5)


def _rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(len(names), 1) - 0.4 + 0.16 * len(names), -0.6)  # the key takes the room below
    axes.grid(axis="x")
