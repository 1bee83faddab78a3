"""What was measured of a deployed express lane, and the model's numbers beside it, a panel for each fact."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "The express lane of Timeboost with two bidders, with six, and with six who sell rounds on (r), all alike, beside"
    " what was measured on Arbitrum One in 2025 (arXiv 2509.22143 and 2511.18328; green: a value, or the range that "
    "it lay in; of (c) the source says weak, and the range is ours). (a) Rounds won by the two who win most. (b) "
    "Intents reverted of those that come through the lane. (c) Rank correlation of the highest bid with what its "
    "minute turns out to be worth. (d) What is paid over the highest bid. (e) Inverse of the sum of squared shares of"
    " rounds won. Small points are seeds, bars 95% intervals of the mean; verdicts in the table and the answer go by "
    "wider ones, for all facts together (Bonferroni). There one lane serves one chain, here each rollup has its own."
)


class Panel(NamedTuple):
    """A fact: its outcome, title, and where it was measured to lie."""

    outcome: str
    title: str
    label: str
    low: float
    high: float
    limits: tuple[float, float]


PANELS = (
    Panel("lane_top_two_share", "two biggest winners", "share of rounds", 0.9, 1.0, (0.0, 1.05)),
    Panel("lane_reverted_share", "reverted", "share of intents", 0.22, 0.22, (0.0, 0.5)),
    Panel("lane_bid_value_rank_correlation", "bid and worth", "rank correlation", -0.3, 0.3, (-1.0, 1.0)),
    Panel("lane_paid_over_highest", "price", "share of highest bid", 0.148, 0.627, (0.0, 1.0)),
    Panel("lane_effective_bidders", "effective bidders", "number", 1.2, 2.7, (0.0, 6.0)),
)


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(1.9, (1, 5), page.Lines(2))
    for axes, letter, panel in zip(panels.ravel(), "abcde", PANELS, strict=True):
        _fact(axes, shared.where(summary, outcome=panel.outcome), panel)
        shared.letter(axes, letter, panel.title)
    measured = Patch(color=shared.GREEN, alpha=0.35, label="measured")
    model = Line2D([], [], color=shared.BLUE, marker="o", linestyle="", label="model")
    page.key(figure, [measured, model], ["measured", "model"])
    return figure


def _fact(axes: Axes, summary: pd.DataFrame, panel: Panel) -> None:
    if panel.low == panel.high:
        axes.axhline(panel.low, color=shared.GREEN, linewidth=2.0, alpha=0.6)
    else:
        axes.axhspan(panel.low, panel.high, color=shared.GREEN, alpha=0.35, linewidth=0)
    known, names = {}, []
    for resell, bidders in product((False, True), shared.levels(summary, "bidders")):
        cell = shared.cell(summary, bidders=bidders, resell=resell)
        if cell is not None:
            known[len(names)] = cell
            names.append(f"{bidders:g}{' r' if resell else ''}")
    for at, cell in known.items():
        axes.plot([at - 0.2] * len(cell.values), cell.values, ".", color=shared.GREY, markersize=2)
    shared.bars(axes, known, shared.BLUE, style="o")
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylim(*panel.limits)
    axes.set_xlabel("bidders")
    axes.set_ylabel(panel.label)
