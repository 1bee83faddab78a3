"""Prices that learners and cartels end at in the full market, and what newcomers, screens and fines do to them."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _cartels as cartels
from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Prices, as shares of what is sold, in the full market. (a) Builders who learn, second half of the blocks, by "
    "auction and number of bidders. (b) Sequencers who bid for slots: price over value, and NashConv, a lower bound, "
    "of breaking away from what they ended with (triangles, with standard errors); cartels punish for as many slots as "
    "they say. (c-f) Cartels of three that know of each other, against the same market in which they compete. (c) "
    "Price when a newcomer enters halfway (solid) and when nobody does (dotted). (d) Share of windows of sales that a "
    "screen accuses, set to err in 5%; colours as in (c). (e) Price in the second half under a screen of rotation, by "
    "the fine to be expected over what the cartel brings a member between two looks (solid, with 95% intervals), and "
    "what a cartel that never gives up would gain over competing, as a share of what it gains unwatched (dashed). (f) "
    "Members that gave the cartel up."
)

SHORT = {"first_price": "first", "second_price": "second", "ascending": "ascending", "all_pay": "all-pay"}
SHORT |= {"ticket_lottery": "lottery"}


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(4.6, (2, 3))
    panels = panels.ravel()
    _builders(panels[0], shared.where(summary, part="builders", outcome="price_over_value"))
    _sequencers(panels[1], shared.where(summary, part="sequencers"))
    shared.letter(panels[2], "c", "a newcomer enters")
    cartels.entry(panels[2], shared.where(summary, outcome="price_along_the_run"))
    shared.letter(panels[3], "d", "what screens see")
    cartels.screens(panels[3], shared.where(summary, part="screens"))
    shared.letter(panels[4], "e", "fines in the market")
    cartels.fines(panels[4], shared.where(summary, part="fines"))
    shared.letter(panels[5], "f", "who gives up")
    cartels.leavers(panels[5], shared.where(summary, part="fines"))
    return figure


def _builders(axes: Axes, prices: pd.DataFrame) -> None:
    shared.letter(axes, "a", "builders in the market")
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
    shared.letter(axes, "b", "sequencers in the market")
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
