"""What a censor costs the users that it leaves out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Users flagged by a sequencer that leads in proportion to its stake, by the number of slots of 2 s after which an "
    "intent that was handed in on L1 is forced in. (a) Slots lost to the censor by users who trade enough to pay for "
    "that: means with 95% intervals over seeds, and the exact q (1 - q^D) / (1 - q) as lines. (b) Delay from "
    "submission to inclusion: 95th percentile of all censored users, and mean of the others (grey)."
)
COLOURS = (shared.VERMILION, shared.ORANGE, shared.GREEN, shared.BLUE, shared.PINK)


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(2.6, (1, 2), page.Lines(1, 2.1))
    slots, delay = panels.ravel()
    deadlines = [int(deadline) for deadline in shared.levels(summary, "deadline_slots")]
    for deadline, colour in zip(deadlines, COLOURS * len(deadlines), strict=False):
        part = shared.where(summary, deadline_slots=deadline)
        name = f"forced in after {deadline} slots" if deadline else "never forced in"
        stakes = np.linspace(0.02, float(max(summary["stake"])), 200)
        exact = stakes / (1 - stakes) * (1 - stakes**deadline if deadline else 1.0)
        slots.plot(stakes, exact, color=colour, linewidth=0.9)
        # without a line from mean to mean: there the lines are the exact curves
        shared.bars(slots, shared.series(shared.where(part, outcome="censored_slots"), "stake"), colour, name, "o")
        shared.bars(delay, shared.series(shared.where(part, outcome="censored_delay_p95_s"), "stake"), colour, name)
    free = shared.series(shared.where(summary, outcome="free_delay_s"), "stake")
    shared.bars(delay, free, shared.GREY, "not censored (mean)")
    shared.letter(slots, "a", "slots lost to the censor")
    shared.letter(delay, "b", "delay of censored users, 95th percentile")
    for axes, label in ((slots, "slots"), (delay, "seconds")):
        axes.set_yscale("log")
        axes.set_xlim(0, 1)
        axes.grid(axis="y")
        axes.set_xlabel("stake of the censor")
        axes.set_ylabel(label)
    slots.plot([], [], color="black", linewidth=0.9, label="exact")
    slots.legend(slots.get_lines()[-1:], ["exact"], loc="upper left")
    delay.legend(loc="upper left")
    return figure
