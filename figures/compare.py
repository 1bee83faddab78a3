"""A comparison put together on the command line: a form for each kind of levers, one panel an outcome."""

from __future__ import annotations

import string

import pandas as pd
from matplotlib.figure import Figure

from figures import _compare as compare
from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Outcomes of a comparison, one in each panel, by the levers that vary: means over seeds with 95% intervals (bars, "
    "bands) and each seed's value (pale points). A map shows means alone; over cells that are no grid, seeds are left "
    "out. Cells share their seeds, so that differences are known better than levels: the table has them."
)
MOST_PANELS = 6
COLUMNS = 3


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the levels of the first six outcomes; of a sample of several levers, outcomes over each of them."""
    levels = shared.where(summary, less="")
    form = compare.form_of(levels)
    outcomes = shared.levels(levels, "outcome")
    forms = [form]
    if form.draw is compare.points:
        forms = [compare.Form(form.draw, (lever,), form.coloured, form.height_in) for lever in form.along]
    shown = [(outcome, each) for outcome in outcomes for each in forms][:MOST_PANELS]
    across = 2 if len(shown) in (2, 4) else min(COLUMNS, max(len(shown), 1))
    down = -(-len(shown) // across) or 1
    share_y, narrow = "all" if form.draw is compare.dots else "", page.Lines(2, form.height_in)
    figure, panels = page.panels(0.3 + down * form.height_in, (down, across), narrow, share_y=share_y)
    panels = panels.ravel()
    for axes, letter, (outcome, each) in zip(panels, string.ascii_lowercase, shown, strict=False):
        rows = shared.where(levels, outcome=outcome)
        shared.letter(axes, letter, rows["title"].iloc[0])
        each.draw(axes, rows, each, rows["unit"].iloc[0])
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    handles, labels = panels[0].get_legend_handles_labels()
    if handles:
        page.key(figure, handles, labels, most=4)
    return figure
