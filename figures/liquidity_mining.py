"""Where rewards for liquidity take depth, and what users pay then, by how they are split among rollups."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Four rollups, from the largest (r0) to the smallest (r3), on whose pools a protocol pays whoever provides "
    "liquidity, in equal parts, in proportion to volume, or to what a rollup lacks of a target; providers take their "
    "capital over bridges to where a dollar earns most, or keep it. Means of the second half of an hour, with 95% "
    "intervals over seeds that all share. (a) Value in all pools by what is paid. (b) What users pay, against the mid "
    "when they sent a trade, less that without rewards at the same seed. (c) Parts of the value in pools by rollup, at "
    "the highest rate."
)
COLOURS = {"none": "0.3", "equal": shared.BLUE, "volume": shared.ORANGE, "depth target": shared.GREEN}
PANELS = {"depth_usd": ("depth [million USD]", 1e-6), "change_bp": ("change of users' cost [bp]", 1.0)}
ROLLUPS = 4


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(2.3, (1, 3), page.Lines(1, 1.6))
    rates = sorted(shared.levels(summary, "usd_per_hour"))
    for axes, letter, (outcome, (label, scale)) in zip(panels.flat, "ab", PANELS.items(), strict=False):
        shared.letter(axes, letter, "")
        for split, colour in COLOURS.items():
            part = shared.where(summary, outcome=outcome, split=split)
            across = shared.series(part, "usd_per_hour", scale)
            shared.bars(axes, {rates.index(rate): cell for rate, cell in across.items()}, colour, split)
        axes.set_xticks(range(len(rates)), [f"{1e-3 * rate:g}" for rate in rates])
        axes.set_xlabel("rewards [thousand USD/h]")
        axes.set_ylabel(label)
        axes.grid(axis="y")
    _parts(panels.flat[2], summary, rates[-1] if rates else 0.0)
    panels.flat[0].legend(loc="best")
    return figure


def _parts(axes: Axes, summary: pd.DataFrame, rate: float) -> None:
    """Draw the part of each rollup without rewards and by each split at a rate."""
    shared.letter(axes, "c", "")
    for split, colour in COLOURS.items():
        places = {}
        for at in range(ROLLUPS):
            part = shared.where(
                summary, outcome=f"share_{at}", split=split, usd_per_hour=rate if split != "none" else 0.0
            )
            found = shared.cells(part, 100.0)
            if found:
                places[at] = found[0]
        shared.bars(axes, places, colour, split)
    axes.set_xticks(range(ROLLUPS), [f"r{at}" for at in range(ROLLUPS)])
    axes.set_xlabel("rollup")
    axes.set_ylabel("part of depth [%]")
    axes.set_ylim(bottom=0)
    axes.grid(axis="y")
