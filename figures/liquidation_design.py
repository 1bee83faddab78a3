"""Designs of liquidation: what borrowers lose, how long it takes, what is lost, and who gains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _shared as shared

CAPTION = (
    "Borrowers whose collateral, and traders of a perpetual whose contracts, are sold in a crash at a fixed spread, "
    "in Dutch and in English auctions, by who orders blocks and how full blocks are. Means over seeds with 95% "
    "intervals; the same seeds everywhere. (a, g) Loss of who is liquidated: value sold less what was paid for it; a "
    "contract closed at a fixed spread loses what was left of its margin. (b, h) From default to the sale, weighted "
    "by value. (c) Debt that was not covered. (i) What the insurance fund paid, and what open contracts lack at the "
    "end. (d) Sales at less than 1% of the value; dashed: the 36% of Maker's auctions on 12-13 March 2020. (j) "
    "Contracts closed against winners. (e, f, k, l) Gains from liquidations of liquidators and whoever orders blocks,"
    " net of tips and fees. Axes of (a), (c), (e) and (f) are linear around zero and logarithmic beyond."
)

COLOURS = {"fixed spread": shared.BLUE, "dutch": shared.ORANGE, "english": shared.VERMILION}
NAMES = {"fixed spread": "fixed spread", "dutch": "Dutch auction", "english": "English auction"}
MARKS = {"fixed spread": "o", "dutch": "s", "english": "D"}
PANELS = {
    "lending": (
        ("a", "borrowers' loss", "% of value sold", "borrower_loss_share", 0.01, 1.0),
        ("b", "time to the sale", "s", "time_to_sale_s", 1.0, 0.0),
        ("c", "bad debt", "thousand USD", "bad_debt_usd", 1e3, 1.0),
        ("d", "sold for nothing", "% of sales", "zero_bid_share", 0.01, 0.0),
        ("e", "liquidators' gain", "thousand USD", "liquidators_usd", 1e3, 10.0),
        ("f", "sequencers' gain", "thousand USD", "sequencers_usd", 1e3, 10.0),
    ),
    "perpetual": (
        ("g", "traders' loss", "% of value sold", "borrower_loss_share", 0.01, 0.0),
        ("h", "time to the sale", "s", "time_to_sale_s", 1.0, 0.0),
        ("i", "paid by the fund", "thousand USD", "bad_debt_usd", 1e3, 0.0),
        ("j", "deleveraged", "million USD", "deleveraged_usd", 1e6, 0.0),
        ("k", "liquidators' gain", "thousand USD", "liquidators_usd", 1e3, 0.0),
        ("l", "sequencers' gain", "thousand USD", "sequencers_usd", 1e3, 0.0),
    ),
}
MARCH_2020 = 36.0
"""Share of Maker's auctions that were won for nothing [%]: MakerDAO, Liquidations 2.0 (2021)."""
TITLES = {"lending": "collateral of loans", "perpetual": "contracts of perpetuals"}


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary: by venue, a row for each sequencer in each kind of blocks."""
    rows = list(dict.fromkeys(zip(summary["blocks"], summary["regime"], strict=True)))
    venues = shared.levels(summary, "venue")
    figure = Figure(figsize=(shared.WIDTH_IN, (1.2 + 0.38 * len(rows)) * len(venues)))
    panels = np.reshape(figure.subplots(2 * len(venues), 3, sharey=True), (len(venues), 6))
    for venue, row in zip(venues, panels, strict=True):
        for axes, (letter, title, unit, column, scale, linear) in zip(row, PANELS[venue], strict=True):
            if linear:
                axes.set_xscale("symlog", linthresh=linear)  # before anything is drawn: margins are those of the scale
            found = shared.where(summary, venue=venue, outcome=column)
            _panel(axes, found, rows, scale)
            shared.letter(axes, letter, title)
            axes.set_xlabel(unit)
            if not any((cell.values < 0.0).any() for cell in shared.cells(found)):
                axes.set_xlim(left=-0.05 * axes.get_xlim()[1] if not linear else -0.4 * linear)
            if linear:
                _ticks(axes, linear)
            if letter == "d":
                axes.axvline(MARCH_2020, color=shared.GREY, linestyle="--", linewidth=0.8, zorder=1)
            axes.grid(axis="x")
        for axes in row[::3]:
            axes.set_yticks(range(len(rows)), [f"{shared.label(name)}, {blocks}" for blocks, name in rows])
            axes.set_ylim(len(rows) - 0.4, -0.6)
            axes.set_ylabel(TITLES[venue])
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(COLOURS))
    return figure


def _panel(axes: Axes, found: pd.DataFrame, rows: Sequence[tuple[str, str]], scale: float) -> None:
    """Mean and interval of an outcome for each row and design."""
    for number, (design, colour) in enumerate(COLOURS.items()):
        for row, (blocks, name) in enumerate(rows):
            cell = shared.cell(found, 1.0 / scale, blocks=blocks, regime=name, design=design)
            if cell is None:
                continue
            at = row + 0.24 * (number - 1)
            text = NAMES[design] if row == 0 else None
            axes.plot([cell.low, cell.high], [at] * 2, color=colour, linewidth=1.4, solid_capstyle="butt", zorder=2)
            axes.plot(
                cell.mean, at, MARKS[design], color=colour, label=text, markersize=3.5, markeredgecolor="white",
                markeredgewidth=0.4, zorder=3, linestyle="none",
            )  # fmt: skip
    for edge in range(1, len(rows)):
        if rows[edge][0] != rows[edge - 1][0]:
            axes.axhline(edge - 0.5, color=shared.GREY, linewidth=0.6)


def _ticks(axes: Axes, linear: float) -> None:
    """Powers of ten on both sides of zero, as far as the data reach, written out."""
    low, high = axes.get_xlim()  # ticks beyond would widen it
    steps = [linear * 10.0**power for power in range(6)]
    shown = [-step for step in steps if -step >= low] + [0.0] + [step for step in steps if step <= high]
    axes.set_xticks(sorted(shown), [shared.number(value) for value in sorted(shown)])
    axes.minorticks_off()
