"""What figures of atomicity share: a column for each condition that is varied, a row for each outcome."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

VARIED = {"delay_s": "block time [s]", "volatility": "volatility [% a year]", "failure": "missed slots [%]"}
SCALE = {"delay_s": 1.0, "volatility": 100.0, "failure": 100.0}
COLOURS = {"atomic": shared.BLUE, "included": shared.GREEN, "legged": shared.VERMILION}


def draw(summary: pd.DataFrame, rows: Mapping[str, tuple[str, str, float]]) -> Figure:
    """Draw outcomes of the study's summary: title, label and scale of each row."""
    columns = [name for name in VARIED if name in shared.levels(summary, "varied")]
    shape = (len(rows), len(columns))
    figure, panels = page.panels(0.4 + 1.5 * len(rows), shape, page.Lines(2, 1.45), share_x="column", share_y="row")
    letters = iter("abcdef")
    for row, (outcome, (title, label, scale)) in enumerate(rows.items()):
        for column, varied in enumerate(columns):
            axes = panels[row, column]
            shared.letter(axes, next(letters), f"{title} by {VARIED[varied].partition(' [')[0]}")
            for execution, colour in COLOURS.items():
                part = shared.where(summary, varied=varied, execution=execution, outcome=outcome)
                across = shared.series(part, "setting", scale)
                places = {SCALE[varied] * setting: cell for setting, cell in across.items()}
                shared.bars(axes, places, colour, execution)
            axes.grid(axis="y")
            axes.set_ylim(bottom=0)
            if varied == "delay_s":
                axes.set_xscale("log")
                settings = sorted(shared.levels(shared.where(summary, varied=varied), "setting"))
                axes.set_xticks(settings, [f"{setting:g}" for setting in settings])
                axes.minorticks_off()
            # in one column what lies beside a panel, or below it, is another outcome
            if column == 0 or page.is_narrow():
                axes.set_ylabel(label)
            if row == len(rows) - 1 or page.is_narrow():
                axes.set_xlabel(VARIED[varied])
    panels[0, 0].legend(loc="best")
    return figure
