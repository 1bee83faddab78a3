"""Headline differences of contagion with parts of the market switched on, claim by claim."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _claims as claims
from figures import _page as page
from figures import _shared as shared
from figures.robustness import COLOURS

CAPTION = (
    "Four indebted rollups in a crash with outages of ten minutes, one sequencer less separate ones, with parts of the "
    "market switched on as in the figure of regimes. (a) Most rollups of whose debt a hundredth is liquidated within "
    "one and the same minute. (b) What is liquidated in the worst minute. Means at the same seed with 95% intervals, "
    "which are not corrected; colours say by Holm's correction over what is switched on, from twenty seeds on, whether "
    "the claim in the title holds, turns into its reverse, or is open."
)
PANELS = (
    ("hit_together", "more rollups hit together", "rollups"),
    ("peak_60s_usd", "higher peak", "thousand USD in 60 s"),
)
"""Outcome, claim in words and unit."""


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary: a row for each thing that is switched on, a panel for each claim."""
    found = shared.where(summary, part="contagion")
    rows = shared.levels(found, "switched")
    figure, panels = page.panels(2.6, (1, 2), share_y="all")
    for axes, letter, (outcome, title, unit) in zip(panels.ravel(), "ab", PANELS, strict=True):
        claims.rows(axes, shared.where(found, outcome=outcome), "switched", rows, COLOURS, 1.0)
        axes.set_yticks(range(len(rows)), rows)
        axes.set_xlabel(f"shared \N{MINUS SIGN} siloed [{unit}]")
        shared.letter(axes, letter, title)
    page.key(figure, claims.keys(COLOURS), list(COLOURS))
    return figure
