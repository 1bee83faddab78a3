"""Bribed reporters of a price: who is liquidated wrongly, what it costs, and who has the gains."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Two rollups in a calm market whose price is the median of a committee's reports. A liquidator may pay reporters "
    "for a lower price; who is found to have reported one loses its bond. Base: five reporters, four of whom may be "
    "bribed, with bonds of 1000 USD. Means over seeds with 95% intervals; the same seeds everywhere. (a-c) Debt "
    "liquidated of loans that were healthy at reference prices, by the size of the committee, the bond, and the share "
    "of reporters who may be bribed. Dashed: bond at which, at the start, a strict majority costs what the best fall "
    "of the price gains. (d) Bribes paid. (e) Distance of the feed from the reference price, mean over time. (f) Gains "
    "by liquidations, in the base: of liquidators net of bribes, of whoever orders or builds blocks, and of reporters, "
    "bribes less bonds lost."
)
COLOURS = {
    "siloed": shared.BLUE, "centralized_shared": shared.ORANGE, "encrypted": shared.GREEN, "pbs": shared.VERMILION,
}  # fmt: skip
RECEIVERS = {
    "liquidators_usd": ("liquidators", shared.SKY),
    "authors_usd": ("sequencers, builders", shared.PINK),
    "reporters_usd": ("reporters", "black"),
}
BASE = {"reporters": 5, "bond_usd": 1000.0, "bribable_share": 0.8}
PANELS = (
    ("a", "by committee", "reporters", "wrongly_liquidated_usd", 1e-3),
    ("b", "by bond", "bond_usd", "wrongly_liquidated_usd", 1e-3),
    ("c", "by honesty", "bribable_share", "wrongly_liquidated_usd", 1e-3),
    ("d", "bribes paid", "bond_usd", "bribes_usd", 1e-3),
    ("e", "feed error", "bond_usd", "feed_error_bp", 1.0),
)
ALONG = {"reporters": "reporters", "bond_usd": "bond of each [USD]", "bribable_share": "share that may be bribed"}
UNITS = {
    "wrongly_liquidated_usd": "wrongly liquidated [thousand USD]", "bribes_usd": "thousand USD", "feed_error_bp": "bp",
}  # fmt: skip


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(4.6, (2, 3))
    panels = panels.ravel()
    for axes, (letter, title, lever, outcome, scale) in zip(panels, PANELS, strict=False):
        _sweep(axes, summary, lever, outcome, scale)
        shared.letter(axes, letter, title)
        axes.set_ylabel(UNITS[outcome])
        if letter == "b":
            _threshold(axes, summary)
    _gains(panels[5], shared.where(summary, **BASE))
    panels[0].plot([], [], "--", color="black", linewidth=0.8, label="a majority costs what it gains")
    handles, labels = panels[0].get_legend_handles_labels()
    page.key(figure, handles, labels, "upper")
    return figure


def _sweep(axes: Axes, summary: pd.DataFrame, lever: str, outcome: str, scale: float) -> None:
    """Draw an outcome by a lever, the others at the base: settings side by side, a mean and interval per regime."""
    others = {name: value for name, value in BASE.items() if name != lever}
    found = shared.where(summary, outcome=outcome, **others)
    settings = sorted(shared.levels(found, lever))
    for number, (regime, colour) in enumerate(COLOURS.items()):
        cells = shared.series(shared.where(found, regime=regime), lever, scale)
        shifted = {settings.index(at) + 0.14 * (number - 1.5): cell for at, cell in cells.items()}
        shared.bars(axes, shifted, colour, shared.label(regime))
    axes.set_xticks(range(len(settings)), [shared.number(setting) for setting in settings])
    axes.set_xlim(-0.5, len(settings) - 0.5)
    axes.set_xlabel(ALONG[lever])
    axes.grid(axis="y")


def _threshold(axes: Axes, summary: pd.DataFrame) -> None:
    """Draw the bond beyond which bribing should not pay, between the bonds that there are."""
    cell = shared.cell(summary, outcome="threshold_bond_usd", regime="siloed", **BASE)
    bonds = sorted(shared.levels(summary, "bond_usd"))
    if cell is not None and bonds[0] < cell.mean < bonds[-1]:
        place = float(np.interp(np.log(cell.mean), np.log(bonds), range(len(bonds))))
        axes.axvline(place, color="black", linestyle="--", linewidth=0.8)


def _gains(axes: Axes, summary: pd.DataFrame) -> None:
    """Draw who gains by liquidations, a row for each regime."""
    for number, (outcome, (name, colour)) in enumerate(RECEIVERS.items()):
        for row, regime in enumerate(COLOURS):
            cell = shared.cell(summary, 1e-3, outcome=outcome, regime=regime)
            shared.dot(axes, cell, row + 0.24 * (number - 1), colour, name if row == 0 else None)
    axes.set_yticks(range(len(COLOURS)), [shared.label(regime) for regime in COLOURS])
    axes.set_ylim(len(COLOURS) + 1.1, -0.6)  # the key stands below the rows
    axes.axvline(0.0, color=shared.GREY, linewidth=0.6)
    axes.set_xlabel("thousand USD")
    axes.grid(axis="x")
    axes.legend(loc="lower right", fontsize=6, borderaxespad=0.2)
    shared.letter(axes, "f", "gains by liquidations")
