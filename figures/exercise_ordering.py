"""What whoever orders the blocks at an expiry takes from options, and what an outage there does."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Options at expiry, each channel switched on less off at the same seed; means with 95% intervals and a point for "
    "each seed. (a) What a sequencer that owns calls gains by choosing the block's place of their print, over the "
    "price: one print, 30 a minute apart (Derive), 300 six seconds apart (Deribit). (b) Share of what holders could "
    "have had that lapses where a sequencer that owes it delays exercise, within 4 or 20 s; through L1 it takes 10 s. "
    "(c) The same by outages of 30 s every 300 s, by the window of exercise. (d) What these outages move the price at "
    "which options are paid, root mean square over assets. Black ticks: known."
)
PANELS = (
    ("print", "print chosen", "gain [bp of the price]"),
    ("delay", "exercise delayed", "lapses [%]"),
    ("outage", "outages, by window", "lapses [%]"),
    ("stale", "outages, by design", "off the price [bp]"),
)
COLOURS = (shared.VERMILION, shared.BLUE, shared.GREEN)


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary: a panel for each channel."""
    figure, panels = page.panels(4.4, (2, 2), page.Lines(2, 1.6))
    for axes, name, (channel, title, unit) in zip(panels.flat, "abcd", PANELS, strict=True):
        part = shared.where(summary, channel=channel, outcome="difference")
        by = "regime" if channel in ("print", "delay") else "terms"
        shared.named_rows(axes, name, title, unit, [shared.label(level) for level in shared.levels(part, by)])
        _rows(axes, part, by)
    return figure


def _rows(axes: Axes, part: pd.DataFrame, by: str) -> None:
    """A row for each regime, or each of the terms; where rows are regimes, a colour for each of the terms."""
    terms = shared.levels(part, "terms") if by == "regime" else [None]
    ticks: list[Line2D] = []
    apart = np.linspace(-0.25, 0.25, len(terms)) if len(terms) > 1 else np.zeros(1)
    for row, level in enumerate(shared.levels(part, by)):
        for colour, shift, term in zip(COLOURS, apart, terms, strict=False):
            chosen = {by: level} if term is None else {by: level, "terms": term}
            text = term if row == 0 else None
            shared.dot(axes, shared.cell(part, **chosen), row + float(shift), colour, text)
            known = shared.where(part, **chosen)["known"].to_numpy(float)
            if known.size and np.isfinite(known[0]):
                ends = [row + shift - 0.14, row + shift + 0.14]
                ticks = axes.plot([known[0]] * 2, ends, color="black", linewidth=1.0)
    for line in ticks:
        line.set_label("known")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best")
