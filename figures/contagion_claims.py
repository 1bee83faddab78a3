"""What sharing a sequencer does to cascades of liquidations, claim by claim and condition by condition."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _claims as claims
from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Four rollups through a crash: shared less siloed sequencing at the same seed, by condition and, last, on average "
    "over conditions (diamonds); means and 95% intervals, which are not corrected for their number. Colours say what "
    "follows for the claim in the title by Holm's correction over conditions, of the averages and of what makes up the "
    "base case over claims, from twenty seeds on: it holds, the reverse does, or it is open. Under 'base', what of it "
    "comes of outages at the same time, and what of all else that is shared."
)

COLOURS = {"holds": shared.VERMILION, "reversed": shared.BLUE, "open": shared.GREY}
CLAIMS = {
    "liquidated_share_r0": ("most indebted\nrollup hit less", 100.0, "% of its debt"),
    "others_share": ("other rollups\nhit more", 100.0, "% of their debt"),
    "hit_together": ("more rollups\nhit together", 1.0, "rollups"),
    "peak_60s_usd": ("higher peak", 1e-3, "thousand USD in 60 s"),
    "bad_debt_usd": ("more bad debt", 1e-3, "thousand USD"),
}
"""Claims by outcome: title, units of the axis in one of the outcome, and their name."""


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary: a row for each condition, a panel for each claim."""
    differences = shared.where(summary, panel="differences")
    rows = shared.levels(differences, "condition")
    narrow = page.Lines(2, 0.75 + 0.12 * max(len(rows), 1))
    figure, panels = page.panels(1.0 + 0.15 * max(len(rows), 1), (1, len(CLAIMS)), narrow, share_y="all")
    panels = panels.ravel()
    for axes, letter, (outcome, (title, scale, unit)) in zip(panels, "abcde", CLAIMS.items(), strict=True):
        claims.rows(axes, shared.where(differences, outcome=outcome), "condition", rows, COLOURS, scale)
        axes.axhline(len(rows) - 1.5, color=shared.GREY, linewidth=0.4)
        axes.set_xlabel(f"shared \N{MINUS SIGN} siloed\n[{unit}]")
        axes.set_yticks(range(len(rows)), rows, fontsize=6.5)
        shared.letter(axes, letter, title)
    page.key(figure, claims.keys(COLOURS), list(COLOURS), "upper")
    return figure
