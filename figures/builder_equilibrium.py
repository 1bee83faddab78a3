"""How close builders that learn in the full market come to an equilibrium, by learner and number of blocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from figures import _page as page
from figures import _shared as shared

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


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(2.5, (1, 3))
    panels = panels.ravel()
    _panel(panels[0], summary, "nash_conv_share", ("a", "NashConv (lower bound)", "% of mean block value"))
    panels[0].axhline(TARGET, color="black", linewidth=0.6, linestyle="--")
    panels[0].set_ylim(0, 1.35 * panels[0].get_ylim()[1])
    panels[0].legend(loc="upper left", ncols=2)
    _panel(panels[1], summary, "smallest_margin", ("b", "smallest margin", "% of block value"))
    panels[1].set_ylim(bottom=0)
    _panel(panels[2], summary, "paid_share", ("c", "paid to the sequencer", "% of block value"))
    return figure


def _panel(axes: Axes, summary: pd.DataFrame, outcome: str, names: tuple[str, str, str]) -> None:
    shared.letter(axes, *names[:2])
    for at, learner in enumerate(shared.levels(summary, "learner")):
        part = shared.where(summary, learner=learner)
        cells = shared.series(shared.where(part, outcome=outcome), "blocks", 100.0)
        colour, shift = COLOURS[at % len(COLOURS)], np.exp(0.12 * (at - 1))
        for blocks, cell in cells.items():
            spread = blocks * np.exp(np.linspace(-0.08, 0.08, cell.values.size)) * shift
            axes.plot(spread, cell.values, ".", color=colour, alpha=0.5, markersize=3, zorder=2)
            error = shared.cell(part, 100.0, blocks=blocks, outcome="nash_conv_standard_error")
            if outcome == "nash_conv_share" and error is not None:
                low, high = np.maximum(cell.values - error.values, 0), cell.values + error.values
                axes.vlines(spread, low, high, color=colour, alpha=0.3, linewidth=0.8)
        x, means = shift * np.array(list(cells)), [cell.mean for cell in cells.values()]
        axes.plot(x, means, MARKERS[at % len(MARKERS)] + "-", color=colour, markersize=3.5, label=str(learner))
    axes.set_xscale("log")
    ticks = sorted(int(blocks) for blocks in shared.levels(summary, "blocks"))
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("blocks learned from")
    axes.set_ylabel(names[2])
    axes.grid(axis="y")
