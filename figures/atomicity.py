"""Cross-rollup arbitrage with all legs or none against leg by leg, under varied conditions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _shared as shared

CAPTION = (
    "Arbitrage between three equal rollups, in one domain with atomic bundles and in three leg by leg. Columns: "
    "block time, volatility, and chance of a missed slot, one varied at a time; means with 95% bootstrap intervals "
    "over seeds that both share. Top: realised profit as a share of the profit quoted when cycles were sent. "
    "Middle: share of cycles of which a leg failed. Bottom: price dispersion across rollups."
)
ROWS = {"capture_rate": ("profit realised [%]", 100.0), "leg_failures": ("broken cycles [%]", 100.0)}
ROWS |= {"dispersion_bp": ("dispersion [bp]", 1.0)}
VARIED = {"delay_s": "block time [s]", "volatility": "volatility [% a year]", "failure": "missed slots [%]"}
SCALE = {"delay_s": 1.0, "volatility": 100.0, "failure": 100.0}
COLOURS = {"atomic": shared.BLUE, "legged": shared.VERMILION}


def draw(runs: pd.DataFrame) -> Figure:
    """Draw finished runs (columns of runs.parquet)."""
    columns = [name for name in VARIED if name in set(runs["varied"])]
    figure = Figure(figsize=(shared.WIDTH_IN, 4.8))
    panels = figure.subplots(len(ROWS), len(columns), sharex="col", sharey="row", squeeze=False)
    letters = iter("abcdefghi")
    for row, (outcome, (label, scale)) in enumerate(ROWS.items()):
        for column, varied in enumerate(columns):
            axes = panels[row, column]
            shared.letter(axes, next(letters), "")
            for execution, colour in COLOURS.items():
                part = shared.where(runs, varied=varied, execution=execution)
                _line(axes, part, outcome, scale, SCALE[varied], (execution, colour))
            axes.grid(axis="y")
            axes.set_ylim(bottom=0)
            if varied == "delay_s":
                axes.set_xscale("log")
                settings = sorted(set(shared.values(shared.where(runs, varied=varied), "setting")))
                axes.set_xticks(settings, [f"{setting:g}" for setting in settings])
                axes.minorticks_off()
        panels[row, 0].set_ylabel(label)
    for column, varied in enumerate(columns):
        panels[-1, column].set_xlabel(VARIED[varied])
    panels[0, 0].legend(loc="best")
    return figure


def _line(axes: Axes, runs: pd.DataFrame, outcome: str, scale: float, across: float, named: tuple[str, str]) -> None:
    name, colour = named
    settings = sorted(set(runs["setting"]))
    samples = [scale * shared.values(shared.where(runs, setting=setting), outcome) for setting in settings]
    places = [across * setting for setting in settings]
    axes.plot(places, [np.nanmean(sample) for sample in samples], "o-", color=colour, linewidth=0.9, label=name)
    for place, sample in zip(places, samples, strict=True):
        axes.plot([place] * 2, shared.interval(sample), color=colour, linewidth=1.6, solid_capstyle="butt")
