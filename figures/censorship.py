"""What a censor costs the users that it leaves out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _shared as shared

CAPTION = (
    "Users flagged by a sequencer that leads in proportion to its stake, by the age from which an intent is forced in "
    "through L1 (in slots of 2 s). (a) Slots lost to the censor: means with 95% bootstrap intervals over seeds, "
    "and the exact q (1 - q^D) / (1 - q) as lines. (b) Delay from submission to inclusion: 95th percentile of "
    "censored users, and mean of the others (grey)."
)
COLOURS = (shared.VERMILION, shared.ORANGE, shared.GREEN, shared.BLUE, shared.PINK)


def draw(runs: pd.DataFrame) -> Figure:
    """Draw finished runs (columns of runs.parquet)."""
    figure = Figure(figsize=(shared.WIDTH_IN, 2.6))
    slots, delay = figure.subplots(1, 2)
    deadlines = list(dict.fromkeys(runs["deadline_slots"]))
    for deadline, colour in zip(deadlines, COLOURS * len(deadlines), strict=False):
        part = shared.where(runs, deadline_slots=deadline)
        name = f"forced in after {deadline} slots" if deadline else "never forced in"
        stakes = np.linspace(0.02, float(max(runs["stake"])), 200)
        exact = stakes / (1 - stakes) * (1 - stakes**deadline if deadline else 1.0)
        slots.plot(stakes, exact, color=colour, linewidth=0.9)
        _points(slots, part, "censored_slots", colour, name)
        _points(delay, part, "censored_delay_p95_s", colour, name)
    _points(delay, runs, "free_delay_s", shared.GREY, "not censored (mean)")
    shared.letter(slots, "a", "slots lost to the censor")
    shared.letter(delay, "b", "delay of censored users, 95th percentile")
    for axes, label in ((slots, "slots"), (delay, "seconds")):
        axes.set_yscale("log")
        axes.set_xlim(0, 1)
        axes.grid(axis="y")
        axes.set_xlabel("stake of the censor")
        axes.set_ylabel(label)
    delay.legend(loc="upper left")
    return figure


def _points(axes: Axes, runs: pd.DataFrame, column: str, colour: str, name: str) -> None:
    stakes = sorted(set(shared.values(runs, "stake")))
    samples = [shared.values(shared.where(runs, stake=stake), column) for stake in stakes]
    joined = "none" if column == "censored_slots" else "-"  # there the lines are the exact curves
    means = [float(np.mean(sample)) for sample in samples]
    style = {"marker": "o", "markersize": 3, "linewidth": 0.9, "linestyle": joined}
    axes.plot(stakes, means, color=colour, label=name, zorder=3, **style)
    for stake, sample in zip(stakes, samples, strict=True):
        axes.plot([stake] * 2, shared.interval(sample), color=colour, linewidth=1.6, solid_capstyle="butt", zorder=2)
