"""A day of deleveraging: bursts, sides, who pays, and how soon, beside what was published of 10 October 2025."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "A day with an hour of crash on three rollups with a perpetual each, under separate sequencers and a shared one, "
    "with and without an outage in the crash, with traders who wait and traders who defend their margin. One small "
    "point per seed, means and 95% intervals; dashed: published of 10 October 2025, to compare with, not "
    "fitted. (a) Liquidated value. (b) Its share within the busiest 40 min. (c) Share of longs. (d) Auto-deleveraged "
    "over liquidated value; funds pay first. (e) From the first liquidation of the crash to the first "
    "auto-deleveraging, in the runs that had one."
)

PANELS = (
    ("a", "liquidated", "million USD", "liquidated_usd", 1e-6, None),
    ("b", "burst", "share in 40 min", "burst_share", 1.0, 0.70),
    ("c", "longs", "share of value", "long_share", 1.0, 0.839),
    ("d", "deleveraged", "over liquidated", "deleveraged_over_liquidated", 1.0, 2.10 / 5.51),
    ("e", "delay", "s", "delay_s", 1.0, 61.7),
)
COLOURS = {"passive": shared.GREY, "active": shared.BLUE}
NAMES = {"passive": "traders wait", "active": "traders defend their margin"}


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary, a row for each kind of sequencing and outage."""
    rows = list(dict.fromkeys(zip(summary["regime"], summary["outage_s"], strict=True)))
    narrow = page.Lines(2, 0.6 + 0.2 * len(rows))
    figure, panels = page.panels(1.1 + 0.34 * len(rows), (1, len(PANELS)), narrow, share_y="all")
    panels = panels.ravel()
    for axes, (letter, title, unit, column, scale, published) in zip(panels, PANELS, strict=True):
        shared.letter(axes, letter, title)
        axes.set_xlabel(unit)
        axes.set_yticks(range(len(rows)), [_name(*row) for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(axis="x")
        if published is not None:
            axes.axvline(published, color="black", linestyle="--", linewidth=0.8, label="10 October 2025")
        for number, (traders, colour) in enumerate(COLOURS.items()):
            for at, (regime, outage_s) in enumerate(rows):
                levers = {"regime": regime, "outage_s": outage_s, "traders": traders, "outcome": column}
                text = NAMES[traders] if at == 0 else None
                shared.dot(axes, shared.cell(summary, scale, **levers), at + 0.3 * (number - 0.5), colour, text)
        if column == "delay_s":
            axes.set_xscale("symlog", linthresh=10.0)
        axes.set_xlim(left=0.0, right=1.05 if column in ("burst_share", "long_share") else None)
    handles, labels = panels[1].get_legend_handles_labels()
    page.key(figure, handles, labels)
    return figure


def _name(regime: str, outage_s: float) -> str:
    kind = {"siloed": "separate", "centralized_shared": "shared"}.get(regime, shared.label(regime))
    return f"{kind}, outage {outage_s / 60.0:g} min" if outage_s else kind
