"""Prices that bidders who learn end at: repeated auctions, fines, builders and sequencers in the market."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import _cartels as cartels
from figures import _shared as shared

CAPTION = (
    "Prices, as shares of what is sold, paid by bidders in repeated auctions. (a-d) Clean repeated games of "
    "Q-learners who have never heard of collusion, for a prize of known value, by patience and number of bidders; "
    "solid without, dashed with memory of the last winning bid; bands are 95% intervals over seeds; thin "
    "lines, the static equilibrium for two bidders. (e) Share of games in which a forced overbid by one step pays the"
    " deviator, two bidders: low prices that it pays to undercut are no cartel. (f) Two patient bidders at first "
    "prices, by the probability that a sale below half the value is looked into and all are fined twice the value; "
    "bars are 95% intervals. (g) Builders who learn in the full market, second half of the blocks. (h) Sequencers who"
    " bid for slots in the full market: price over value, and NashConv, a lower bound, of breaking away from what "
    "they ended with (triangles, with standard errors); cartels punish for as many slots as they say. (i-l) Cartels of "
    "three that know of each other, in the full market, against the same market in which they compete. (i) Price when"
    " a newcomer enters halfway (solid) and when nobody does (dotted). (j) Share of windows of sales that a screen "
    "accuses, set to err in 5%; colours as in (i). (k) Price in the second half under a screen of rotation, by the "
    "fine to be expected over what the cartel brings a member between two looks (solid, with 95% intervals), and what a"
    " cartel that never gives up would gain over competing, as a share of what it gains unwatched (dashed). (l) Members"
    " that gave the cartel up."
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


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure = Figure(figsize=(shared.WIDTH_IN, 8.6))
    panels = figure.subplots(4, 3).ravel()
    repeated = shared.where(summary, part="repeated")
    prices = shared.where(repeated, outcome="price_over_value")
    for axes, name, auction in zip(panels, "abcd", FORMATS, strict=False):
        shared.letter(axes, name, f"repeated, {FORMATS[auction]}")
        _by_patience(axes, shared.where(prices, auction=auction), "bidders", COLOURS)
        axes.axhline(STATIC[auction], color="black", linewidth=0.5)
        axes.set_ylabel("price / value")
        axes.set_ylim(0, max(1.05, axes.get_ylim()[1]))
    _legend(panels[0], [(COLOURS[int(n)], str(n)) for n in sorted(shared.levels(repeated, "bidders"))], "bidders")
    _deviations(panels[4], shared.where(repeated, bidders=2, outcome="deviations_that_pay"))
    _detection(panels[5], shared.where(summary, outcome="price_over_value"))
    _builders(panels[6], shared.where(summary, part="builders", outcome="price_over_value"))
    _sequencers(panels[7], shared.where(summary, part="sequencers"))
    shared.letter(panels[8], "i", "a newcomer enters")
    cartels.entry(panels[8], shared.where(summary, outcome="price_along_the_run"))
    shared.letter(panels[9], "j", "what screens see")
    cartels.screens(panels[9], shared.where(summary, part="screens"))
    shared.letter(panels[10], "k", "fines in the market")
    cartels.fines(panels[10], shared.where(summary, part="fines"))
    shared.letter(panels[11], "l", "who gives up")
    cartels.leavers(panels[11], shared.where(summary, part="fines"))
    return figure


def _legend(axes: Axes, keys: Iterable[tuple[str, str]], title: str) -> None:
    handles = [Line2D([], [], color=colour, label=label) for colour, label in keys]
    handles.append(Line2D([], [], color="black", linestyle="-", label="blind"))
    handles.append(Line2D([], [], color="black", linestyle="--", label="monitoring"))
    axes.legend(handles=handles, title=title, loc="lower left", ncols=2, fontsize=6.5)


def _by_patience(axes: Axes, summary: pd.DataFrame, colour_by: str, colours: Mapping[Any, str]) -> None:
    patience = sorted(shared.levels(summary, "discount"))
    for key in sorted(shared.levels(summary, colour_by)):
        for monitoring, line in LINES.items():
            cells = shared.series(shared.where(summary, **{colour_by: key}, monitoring=monitoring), "discount")
            places = {patience.index(discount): cell for discount, cell in cells.items()}
            shared.band(axes, places, colours[key], style="o" + line)
    axes.set_xticks(range(len(patience)), [f"{d:g}" for d in patience])
    axes.set_xlabel("patience (discount factor)")
    axes.grid(axis="y")


def _deviations(axes: Axes, summary: pd.DataFrame) -> None:
    shared.letter(axes, "e", "does breaking ranks pay?")
    _by_patience(axes, summary, "auction", FORMAT_COLOURS)
    axes.set_ylabel("share of games")
    axes.set_ylim(-0.03, 1.45)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    handles = [Line2D([], [], color=c, label=t) for c, t in zip(FORMAT_COLOURS.values(), FORMATS.values(), strict=True)]
    axes.legend(handles=handles, loc="upper left", ncols=2, fontsize=6.5)


def _detection(axes: Axes, prices: pd.DataFrame) -> None:
    """The clean game is the one without detection."""
    shared.letter(axes, "f", "fines for cheap sales")
    clean = {"part": "repeated", "auction": "first_price", "bidders": 2, "discount": 0.99, "monitoring": False}
    cells = shared.series(
        pd.concat([shared.where(prices, **clean), shared.where(prices, part="detection")]), "detection"
    )
    shared.bars(axes, dict(enumerate(cells.values())), shared.BLUE)
    axes.axhline(0.5, color="black", linewidth=0.6, linestyle="--")
    axes.set_xticks(range(len(cells)), [f"{chance:g}" for chance in cells])
    axes.set_xlabel("probability of detection")
    axes.set_ylabel("price / value")
    axes.set_ylim(0, 1.05)
    axes.grid(axis="y")


def _builders(axes: Axes, prices: pd.DataFrame) -> None:
    shared.letter(axes, "g", "builders in the market")
    rows = list(dict.fromkeys(zip(prices["auction"], prices["bidders"], strict=True)))
    for row, (auction, bidders) in enumerate(rows):
        for side, (discount, colour) in enumerate(((0.0, shared.BLUE), (0.95, shared.VERMILION))):
            label = ("impatient", "patient")[side] if row == 0 else None
            cell = shared.cell(prices, auction=auction, bidders=bidders, discount=discount)
            shared.dot(axes, cell, row + 0.16 * (2 * side - 1), colour, label)
    _rows(axes, [f"{SHORT[str(auction)]}, {bidders}" for auction, bidders in rows])
    axes.set_xlim(0, max(1.05, axes.get_xlim()[1]))
    axes.set_xlabel("price / value")
    axes.legend(loc="lower left", ncols=2)


def _sequencers(axes: Axes, summary: pd.DataFrame) -> None:
    shared.letter(axes, "h", "sequencers in the market")
    strategies = shared.levels(summary, "strategy")
    for row, strategy in enumerate(strategies):
        part = shared.where(summary, strategy=strategy)
        price, regret = (shared.cell(part, outcome=name) for name in ("price_over_value", "nash_conv_share"))
        shared.dot(axes, price, row - 0.14, shared.BLUE, "price" if row == 0 else None)
        if regret is not None:
            axes.hlines(row + 0.18, regret.low, regret.high, color=shared.VERMILION, linewidth=1.2)
            label = "NashConv" if row == 0 else None
            axes.plot(regret.mean, row + 0.18, "^", color=shared.VERMILION, markersize=3.5, label=label)
    _rows(axes, [str(name).replace("Q-learning, patient, monitoring", "patient, monitoring") for name in strategies])
    axes.legend(loc="lower right", ncols=2)
    axes.set_xlabel("share of value")


def _rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(len(names), 1) - 0.4 + 0.16 * len(names), -0.6)  # the key takes the room below
    axes.grid(axis="x")
