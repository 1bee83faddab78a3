"""Which levers outcomes depend on: curves over each lever's range, or indices by lever, one panel an outcome."""

from __future__ import annotations

import string

import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _sensitivity as sensitivity
from figures import _shared as shared

CAPTION = (
    "Sensitivity of outcomes to levers: one panel an outcome, or, for curves of one lever at a time, an outcome and a "
    "lever. Curves: means over seeds with bands of 95% intervals, and each seed's value (pale points). Effects and "
    "shares of variance: bars are 95% intervals, from the points of the design and from the seeds together; those of "
    "shares may go on beyond the axis. The noise in a panel's corner is the variance between seeds over all variance."
)
MOST_PANELS = 6
COLUMNS = 3


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the first six panels."""
    outcomes = shared.levels(summary, "outcome")
    curves = "level" in shared.levels(summary, "index")
    levers = [name for name in shared.levels(summary, "lever") if name != sensitivity.ALL]
    drawn = [(outcome, lever) for outcome in outcomes for lever in (levers if curves else [""])][:MOST_PANELS]
    across = 2 if len(drawn) in (2, 4) else min(COLUMNS, max(len(drawn), 1))
    down = -(-len(drawn) // across) or 1
    height_in = sensitivity.HEIGHT_IN if curves else 1.0 + sensitivity.ROW_IN * len(levers)
    share_y, narrow = "" if curves else "row", page.Lines(2 if curves else 1, height_in)
    figure, panels = page.panels(0.3 + down * height_in, (down, across), narrow, share_y=share_y)
    panels = panels.ravel()
    for axes, letter, (outcome, lever) in zip(panels, string.ascii_lowercase, drawn, strict=False):
        rows = shared.where(summary, outcome=outcome)
        shared.letter(axes, letter, rows["title"].iloc[0])
        if curves:
            sensitivity.curve(axes, shared.where(rows, lever=lever, index="level"), lever, rows["unit"].iloc[0])
        else:
            sensitivity.indices(axes, rows, levers, rows["unit"].iloc[0])
        sensitivity.noise(axes, rows)
    for axes in panels[len(drawn) :]:
        axes.set_axis_off()
    handles, labels = panels[0].get_legend_handles_labels()
    if handles:
        page.key(figure, handles, labels, most=4)
    return figure
