"""Combinations of options over rollups, legs executed as a whole, included as a whole, and one by one."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Iron condors whose four legs lie on several rollups, in one domain whose bundles are executed all or none "
    "(atomic) or included all or none (included), and in domains of their own leg by leg (legged). Columns: rollups "
    "that the legs lie on, block time, and chance of a missed slot, one varied at a time; means with 95% intervals "
    "over seeds that all share. Top: share of combinations that came out in part for a time. Bottom: standard "
    "deviation, over the combinations of a run, of what was paid beyond their worth when they were decided on, over "
    "the underlying."
)
VARIED = {
    "rollups": ("rollups", 1.0), "delay_s": ("block time [s]", 1.0), "failure": ("missed slots [%]", 100.0)
}  # fmt: skip
ROWS = {"broken_share": ("broken [%]", 100.0), "cost_sd_bp": ("sd of cost [bp]", 1.0)}
TITLES = {"broken_share": "left in part", "cost_sd_bp": "spread of cost"}
COLOURS = {"atomic": shared.BLUE, "included": shared.GREEN, "legged": shared.VERMILION}


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    columns = [name for name in VARIED if name in shared.levels(summary, "varied")]
    figure, panels = page.panels(3.4, (len(ROWS), len(columns)), page.Lines(2, 1.45), share_x="column", share_y="row")
    letters = iter("abcdef")
    for row, (outcome, (label, scale)) in enumerate(ROWS.items()):
        for column, varied in enumerate(columns):
            axes, (name, unit) = panels[row, column], VARIED[varied]
            shared.letter(axes, next(letters), f"{TITLES[outcome]} by {name.partition(' [')[0]}")
            for execution, colour in COLOURS.items():
                part = shared.where(summary, varied=varied, execution=execution, outcome=outcome)
                across = shared.series(part, "setting", scale)
                shared.bars(axes, {unit * setting: cell for setting, cell in across.items()}, colour, execution)
            axes.grid(axis="y")
            settings = [unit * at for at in sorted(shared.levels(shared.where(summary, varied=varied), "setting"))]
            axes.set_xticks(settings, [f"{setting:g}" for setting in settings])
            if column == 0 or page.is_narrow():
                axes.set_ylabel(label)
            if row == len(ROWS) - 1 or page.is_narrow():
                axes.set_xlabel(name)
        panels[row, 0].set_ylim(bottom=0)  # panels of a row share it
    panels[0, 0].legend(loc="best")
    return figure
