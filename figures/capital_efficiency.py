"""Margin of makers of options on several rollups: what they need, ask for and offer, and what an outage stops."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Two makers of options on four rollups, one with a narrow spread and the capital on the horizontal axis, one with "
    "a wide spread and capital without limit; margin per rollup where each has its own sequencer (siloed) or one "
    "sequences all (sequenced together), and one account over all (shared). The price falls by a quarter in the "
    "middle. Means with 95% intervals over seeds, drawn side by side. Top, until then: margin that makers need over "
    "the value of the underlying of what they hold and owe, spread that is paid, options that the narrow maker's spare "
    "margin covers on a rollup. Bottom, where the first rollup's sequencer is down in the crash: makers' positions "
    "that the outage stops, what their accounts fall short of their maintenance margin by at worst, and spread that is "
    "paid from then on."
)
PANELS = (
    ("margin_share", "margin needed", "margin [% of open]", 100.0),
    ("spread", "spread paid", "spread [% of volatility]", 100.0),
    ("depth_options", "depth that is covered", "depth [options]", 1.0),
    ("frozen_usd", "stopped by an outage", "stopped [thousand USD]", 1e-3),
    ("short_usd", "short of margin", "short [thousand USD]", 1e-3),
    ("spread_after", "spread from then on", "spread after [% of volatility]", 100.0),
)
COLOURS = {"siloed": shared.VERMILION, "sequenced together": shared.ORANGE, "shared": shared.BLUE}
LIMITLESS_USD = 1e9
APART = 0.07
"""By how much what has the same capital is drawn apart, that all of it is seen."""


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary: a panel for each outcome."""
    figure, panels = page.panels(3.8, (2, 3), page.Lines(2, 1.45))
    capitals = sorted(shared.levels(summary, "capital_usd"))
    names = ["no limit" if capital >= LIMITLESS_USD else f"{1e-3 * capital:g}" for capital in capitals]
    for axes, letter, (outcome, title, label, scale) in zip(panels.flat, "abcdef", PANELS, strict=True):
        shared.letter(axes, letter, title)
        for at, (margin, colour) in enumerate(COLOURS.items()):
            across = shared.series(shared.where(summary, outcome=outcome, margin=margin), "capital_usd", scale)
            places = {capitals.index(capital) + APART * (at - 1): cell for capital, cell in across.items()}
            shared.bars(axes, places, colour, margin)
        axes.set_xticks(range(len(capitals)), names)
        axes.set_xlabel("capital on a rollup [thousand USD]")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
    panels[0, 0].legend(loc="best")
    return figure
