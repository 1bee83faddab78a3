"""How close builders that learn in the full market come to an equilibrium, by learner and number of blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from figures import _shared as shared

type Frame = Any  # a pandas.DataFrame; its types do not tell a part of a table from a column

CAPTION = (
    "Builders that learn their margins in the full market under proposer-builder separation. (a) NashConv of the "
    "frozen profile in percent of the mean block value, by the number of blocks learned from: one small point per "
    "seed with the standard error of its certificate, means joined. Deviations are a search over fixed margins and "
    "equilibrium shading, run on the same unseen seeds, so that values are lower bounds; dashed, 2%. (b) Margin of "
    "the builder that bids most for its value. (c) Share of the block value that builders pay to the sequencer."
)

COLOURS = (shared.BLUE, shared.ORANGE, shared.VERMILION, shared.GREEN)
MARKERS = ("o", "s", "^", "D")
TARGET = 2.0


def draw(runs: Frame) -> Figure:
    """Draw finished runs of the study."""
    figure = Figure(figsize=(shared.WIDTH_IN, 2.5))
    panels = figure.subplots(1, 3)
    _panel(panels[0], runs, "nash_conv_share", ("a", "NashConv (lower bound)", "% of mean block value"))
    panels[0].axhline(TARGET, color="black", linewidth=0.6, linestyle="--")
    panels[0].set_ylim(0, 1.35 * panels[0].get_ylim()[1])
    panels[0].legend(loc="upper left", ncols=2)
    _panel(panels[1], runs, "smallest_margin", ("b", "smallest margin", "% of block value"))
    panels[1].set_ylim(bottom=0)
    _panel(panels[2], runs, "paid_share", ("c", "paid to the sequencer", "% of block value"))
    return figure


def _panel(axes: Axes, runs: Frame, column: str, names: tuple[str, str, str]) -> None:
    shared.letter(axes, *names[:2])
    for at, (learner, part) in enumerate(runs.groupby("learner", sort=False)):
        groups = {float(b): 100 * shared.values(p, column) for b, p in part.groupby("blocks")}
        colour = COLOURS[at % len(COLOURS)]
        x = np.array(list(groups))
        for blocks, sample in groups.items():
            spread = blocks * np.exp(np.linspace(-0.08, 0.08, sample.size) + 0.12 * (at - 1))
            axes.plot(spread, sample, ".", color=colour, alpha=0.5, markersize=3, zorder=2)
            if column == "nash_conv_share":
                cell = part[part["blocks"] == blocks]
                error = 100 * shared.values(cell, "nash_conv_standard_error")
                axes.vlines(
                    spread, np.maximum(sample - error, 0), sample + error, color=colour, alpha=0.3, linewidth=0.8
                )
        means = [sample.mean() for sample in groups.values()]
        marker = MARKERS[at % len(MARKERS)]
        axes.plot(x * np.exp(0.12 * (at - 1)), means, marker + "-", color=colour, markersize=3.5, label=str(learner))
    axes.set_xscale("log")
    ticks = sorted(runs["blocks"].unique())
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("blocks learned from")
    axes.set_ylabel(names[2])
    axes.grid(axis="y")
