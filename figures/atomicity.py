"""Cross-rollup arbitrage, legs executed as a whole, included as a whole, and one by one, under varied conditions."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _shared as shared

CAPTION = (
    "Arbitrage between three equal rollups, in one domain whose bundles are executed all or none (atomic) or included "
    "all or none (included), and in three domains leg by leg (legged). Columns: "
    "block time, volatility, and chance of a missed slot, one varied at a time; means with 95% intervals "
    "over seeds that both share. Top: realised profit as a share of the profit quoted when cycles were sent. "
    "Middle: share of cycles of which a leg failed. Bottom: price dispersion across rollups."
)
ROWS = {"capture_rate": ("profit realised [%]", 100.0), "leg_failures": ("broken cycles [%]", 100.0)}
ROWS |= {"dispersion_bp": ("dispersion [bp]", 1.0)}
VARIED = {"delay_s": "block time [s]", "volatility": "volatility [% a year]", "failure": "missed slots [%]"}
SCALE = {"delay_s": 1.0, "volatility": 100.0, "failure": 100.0}
COLOURS = {"atomic": shared.BLUE, "included": shared.GREEN, "legged": shared.VERMILION}


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    columns = [name for name in VARIED if name in shared.levels(summary, "varied")]
    figure = Figure(figsize=(shared.WIDTH_IN, 4.8))
    panels = figure.subplots(len(ROWS), len(columns), sharex="col", sharey="row", squeeze=False)
    letters = iter("abcdefghi")
    for row, (outcome, (label, scale)) in enumerate(ROWS.items()):
        for column, varied in enumerate(columns):
            axes = panels[row, column]
            shared.letter(axes, next(letters), "")
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
        panels[row, 0].set_ylabel(label)
    for column, varied in enumerate(columns):
        panels[-1, column].set_xlabel(VARIED[varied])
    panels[0, 0].legend(loc="best")
    return figure
