"""Prices that bidders who learn end at in repeated auctions, what breaking ranks pays, and fines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Prices, as shares of what is sold, paid by bidders in repeated auctions: clean games of Q-learners who have never "
    "heard of collusion. (a-d) A prize of known value, by patience and number of bidders; solid without, dashed with "
    "memory of the last winning bid; bands are 95% intervals over seeds; thin lines, the static equilibrium for two "
    "bidders. (e) Share of games in which a forced overbid by one step pays the deviator, two bidders: low prices that "
    "it pays to undercut are no cartel; small points are seeds. (f) Two patient bidders at first prices, by the "
    "probability that a sale below half the value is looked into and all are fined twice the value; bars are 95% "
    "intervals; dashed, half the value."
)

COLOURS = {2: shared.BLUE, 3: shared.ORANGE, 4: shared.GREEN, 5: shared.VERMILION}
FORMATS = {
    "first_price": "first price",
    "second_price": "second price",
    "all_pay": "all-pay",
    "ticket_lottery": "ticket lottery",
}
STATIC = {"first_price": 0.95, "second_price": 0.95, "all_pay": 1.0, "ticket_lottery": 0.5}
"""Price in the static equilibrium of two bidders on the grid of bids [1]."""
FORMAT_COLOURS = dict(zip(FORMATS, (shared.BLUE, shared.ORANGE, shared.GREEN, shared.VERMILION), strict=True))
LINES = {False: "-", True: "--"}
APART = 0.03
"""By how much shares of the same patience are drawn apart, that all of them are seen."""


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(4.6, (2, 3))
    panels = panels.ravel()
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
    return figure


def _legend(axes: Axes, keys: Iterable[tuple[str, str]], title: str) -> None:
    handles = [Line2D([], [], color=colour, label=label) for colour, label in keys]
    handles.append(Line2D([], [], color="black", linestyle="-", label="blind"))
    handles.append(Line2D([], [], color="black", linestyle="--", label="monitoring"))
    handles.append(Line2D([], [], color="black", linewidth=0.5, label="static, two"))
    axes.legend(handles=handles, title=title, loc="lower left", ncols=2, fontsize=6.5)


def _by_patience(axes: Axes, summary: pd.DataFrame, colour_by: str, colours: Mapping[Any, str]) -> None:
    patience = sorted(shared.levels(summary, "discount"))
    for key in sorted(shared.levels(summary, colour_by)):
        for monitoring, line in LINES.items():
            cells = shared.series(shared.where(summary, **{colour_by: key}, monitoring=monitoring), "discount")
            places = {patience.index(discount): cell for discount, cell in cells.items()}
            shared.band(axes, places, colours[key], style="o" + line)
    _patience(axes, patience)


def _patience(axes: Axes, patience: Sequence[float]) -> None:
    axes.set_xticks(range(len(patience)), [f"{discount:g}" for discount in patience])
    axes.set_xlabel("patience (discount factor)")
    axes.grid(axis="y")


def _deviations(axes: Axes, summary: pd.DataFrame) -> None:
    shared.letter(axes, "e", "does breaking ranks pay?")
    patience = sorted(shared.levels(summary, "discount"))
    for at, (auction, colour) in enumerate(FORMAT_COLOURS.items()):
        for monitoring, line in LINES.items():
            cells = shared.series(shared.where(summary, auction=auction, monitoring=monitoring), "discount")
            places = [patience.index(discount) + APART * (2 * at + monitoring - 3.5) for discount in cells]
            axes.plot(places, [cell.mean for cell in cells.values()], "o" + line, color=colour, markersize=3)
            for place, cell in zip(places, cells.values(), strict=True):
                axes.plot([place] * cell.values.size, cell.values, ".", color=colour, markersize=2, alpha=0.6)
    _patience(axes, patience)
    axes.set_ylabel("share of games")
    axes.set_ylim(-0.03, 1.4)
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
    axes.axhline(0.5, color="black", linewidth=0.6, linestyle="--", label="half the value")
    axes.legend(loc="upper left")
    axes.set_xticks(range(len(cells)), [f"{chance:g}" for chance in cells])
    axes.set_xlabel("probability of detection")
    axes.set_ylabel("price / value")
    axes.set_ylim(0, 1.25)  # the key stands above the data
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.grid(axis="y")
