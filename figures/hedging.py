"""Errors of hedged options by block time, delay and outages, beside what is known, and by how the first hedge goes."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "A dozen options of an hour, written at what they are worth and hedged in every block; seeds have prices and "
    "faults in common. (a) to (c) Root mean square of the error over the premium, with 95% intervals, over block time, "
    "the delay of messages and the mean length of outages, of which six begin in an hour; dashed: the exact law "
    "of hedges that are made in slots, reach them late, or miss those that outages fall on. "
    "(d) to (f) Options written while prices move, where a slot is missed with chance 0.2: error of the first five "
    "minutes, time between trade and first hedge, and losses over 10% of the premium, by where the first hedge is made "
    "and what ties it."
)
SWEEPS = {
    "block_s": ("block time", "block time [s]"),
    "latency_s": ("delay", "delay of messages [s]"),
    "outage_s": ("outages", "mean outage [s]"),
}


LEGS = (
    ("error_share", "first hedge", "error [% of premium]", 100.0),
    ("leg_s", "open leg", "time [s]", 1.0),
    ("lost_share", "large losses", "over 10% of premium [%]", 100.0),
)


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary: three sweeps above, ways of the first hedge below."""
    figure, panels = page.panels(4.6, (2, 3), share_y="row")
    letters, error = iter("abcdef"), shared.where(summary, outcome="error_share")
    for axes, (varied, (title, unit)) in zip(panels[0], SWEEPS.items(), strict=True):
        part = shared.where(error, varied=varied)
        shared.letter(axes, next(letters), title)
        shared.bars(axes, shared.series(part, "value", 100.0), shared.BLUE, "simulated")
        known = part.sort_values("value")
        axes.plot(known["value"], 100.0 * known["known"], "--", color="black", linewidth=0.8, label="known")
        axes.set_xlabel(unit)
        axes.grid(axis="y")
        if page.is_first(axes):
            axes.set_ylabel("error [% of premium]")
    panels[0, 0].set_ylim(bottom=0.0)
    panels[0, 0].legend(loc="upper left")
    legs = shared.levels(shared.where(error, varied="leg"), "setting")
    for axes, (outcome, title, unit, scale) in zip(panels[1], LEGS, strict=True):
        part = shared.where(summary, varied="leg", outcome=outcome)
        shared.named_rows(axes, next(letters), title, unit, legs)
        for at, leg in enumerate(legs):
            shared.dot(axes, shared.cell(part, scale, setting=leg), at, shared.VERMILION)
        axes.set_xlim(left=0.0)
    return figure
