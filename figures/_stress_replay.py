"""What figures of recorded crashes share: a row for each regime, a colour for each crash."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

COLOURS = (shared.VERMILION, shared.BLUE, shared.GREEN, shared.PINK)
COLUMNS = (("bad_debt_usd", 1e3), ("burst_60s_share", 0.01), ("inclusion_delay_s", 1.0), ("extracted_usd", 1e6))
"""Outcomes of the panels but the first, and their units."""


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the rows of a summary that are given, a row for each regime and a colour for each crash."""
    crashes = shared.levels(summary, "episode")
    rows = len(_rows(summary))
    figure, panels = page.panels(0.6 + 0.2 * (rows + 2.5), (1, 5), page.Lines(2, 0.6 + 0.15 * rows), share_y="all")
    panels = panels.ravel()
    if len(summary):
        _block(panels, summary, crashes, "abcde")
    page.key(figure, *panels[0].get_legend_handles_labels())
    return figure


def _rows(part: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Name of each row of a part: its regime and, where there are any, its outage."""
    pairs = dict.fromkeys(zip(part["regime"], part["outage"], strict=True))
    return {(regime, outage): ", ".join(filter(None, (shared.label(regime), outage))) for regime, outage in pairs}


def _block(panels: np.ndarray, part: pd.DataFrame, crashes: list[str], letters: str) -> None:
    """Draw one part: a row for each regime, the first of which the others are compared with."""
    rows = _rows(part)
    baseline = next(iter(rows.values()))
    titles = (
        ("liquidated", f"million USD, less\n{baseline}"), ("bad debt", "thousand USD"),
        ("busiest minute", "% of liquidated"), ("users' delay", "s"), ("extracted", "million USD"),
    )  # fmt: skip
    for axes, letter, (title, unit) in zip(panels, letters, titles, strict=False):
        shared.letter(axes, letter, title)
        axes.set_xlabel(unit)
        axes.set_yticks(range(len(rows)), list(rows.values()))
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(axis="x")
    for number, crash in enumerate(crashes):
        colour = COLOURS[number % len(COLOURS)]
        for row, (regime, outage) in enumerate(rows):
            at = row + 0.3 * (number - 0.5 * (len(crashes) - 1))
            for axes, (outcome, unit) in zip(panels, (("less_usd", 1e6), *COLUMNS), strict=True):
                levers = {"episode": crash, "regime": regime, "outage": outage, "outcome": outcome}
                shared.dot(axes, shared.cell(part, 1.0 / unit, **levers), at, colour)
        panels[0].plot([], [], "o", color=colour, label=crash)
