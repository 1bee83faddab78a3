"""Headline differences between regimes with parts of the market switched on, claim by claim."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _claims as claims
from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Regimes less separate sequencers on six rollups through twenty minutes with a crash, with parts of the market "
    "switched on that are off elsewhere, one at a time and all of them (diamonds): an outside market apart (delay, "
    "fee, depth, inventory), gas of reverted intents, latency strained by volatility and load, the fee for data on L1, "
    "and rates with a kink. Means at the same seed with 95% intervals, which are not corrected; colours say by Holm's "
    "correction over what is switched on, from twenty seeds on, whether the claim in the title holds, turns into its "
    "reverse, or is open."
)
COLOURS = {"holds": shared.VERMILION, "turns": shared.BLUE, "open": shared.GREY}
PANELS = (
    ("user_cost_all_bp", "rotation", "users pay more,\nrotation", "bp"),
    ("user_cost_all_bp", "pbs", "users pay more,\nPBS", "bp"),
    ("user_cost_all_bp", "based", "users pay more,\nbased", "bp"),
    ("user_cost_all_bp", "frequent_batch", "users pay less,\nbatches", "bp"),
    ("extracted_sandwich_bp", "rotation", "more by sandwiches,\nrotation", "bp of retail"),
    ("extracted_bp_of_retail", "rotation", "more extracted,\nrotation", "bp of retail"),
)
"""Outcome, regime, claim in words and unit."""


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary: a row for each thing that is switched on, a panel for each claim."""
    rows = shared.levels(shared.where(summary, part="regimes"), "switched")
    figure, panels = page.panels(4.4, (2, 3), share_y="all")
    for axes, letter, (outcome, regime, title, unit) in zip(panels.ravel(), "abcdef", PANELS, strict=True):
        claims.rows(axes, shared.where(summary, outcome=outcome, regime=regime), "switched", rows, COLOURS, 1.0)
        axes.set_yticks(range(len(rows)), rows)
        axes.set_xlabel(f"less siloed [{unit}]")
        shared.letter(axes, letter, title)
    page.key(figure, claims.keys(COLOURS), list(COLOURS))
    return figure
