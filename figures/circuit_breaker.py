"""A circuit breaker in a crash: what is liquidated, the paradox of the pause and its cure, and the approach to it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "A shared sequencer whose breaker pauses everybody but liquidators and oracles, on four rollups in a crash, for "
    "oracles that read pools and oracles that read the outside price, under the reference breaker (50 thousand USD "
    "within 60 s pause for 60 s) and one change of it at a time. Points are seeds, means have 95% intervals. (a) "
    "Collateral seized over that of the same seed without a breaker. (b) Bad debt. (c) Users' delay."
)

COLOURS = {"pool": shared.VERMILION, "external": shared.BLUE}
NAMES = {"pool": "oracle reads pools", "external": "oracle reads the outside price"}


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary: the crash."""
    crash = shared.where(summary, part="crash")
    breakers = shared.levels(crash, "breaker")
    narrow = page.Lines(2, 0.6 + 0.14 * len(breakers))
    figure, panels = page.panels(0.8 + 0.17 * len(breakers), (1, 3), narrow, share_y="all")
    panels = panels.ravel()
    _crash(panels, crash, breakers)
    page.key(figure, *panels[0].get_legend_handles_labels(), side="upper")
    return figure


def _crash(panels: np.ndarray, crash: pd.DataFrame, breakers: list[str]) -> None:
    titles = (
        ("a", "collateral seized", "over no breaker"),
        ("b", "bad debt", "thousand USD"),
        ("c", "users' delay", "s"),
    )
    for axes, (letter, title, unit) in zip(panels, titles, strict=True):
        shared.named_rows(axes, letter, title, unit, breakers)
    panels[0].axvline(1.0, color=shared.GREY, linewidth=0.8)
    outcomes = (("seized_over_none", 1.0), ("bad_debt_usd", 1e-3), ("inclusion_delay_s", 1.0))
    for number, (oracle, colour) in enumerate(COLOURS.items()):
        for row, breaker in enumerate(breakers):
            part = shared.where(crash, oracle=oracle, breaker=breaker)
            at = row + 0.3 * (number - 0.5)
            for axes, (outcome, scale) in zip(panels, outcomes, strict=True):
                text = NAMES[oracle] if row == 0 and axes is panels[0] else None
                shared.dot(axes, shared.cell(part, scale, outcome=outcome), at, colour, text)
