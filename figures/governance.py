"""Which fee holders of votes adopt, and what that does to users, sequencers and traders."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Fee of an intent on which sequencers vote together with arbitrageurs or with liquidity providers, by the share of "
    "the votes that are not the sequencers'; everybody votes for what has brought it more during trials. (a) Fee "
    "adopted at the end. (b) What users pay in fees. (c) What a trade costs users, fees included, and (d) what "
    "sequencers, (e) arbitrageurs and (f) liquidity providers earn, less the same where sequencers alone vote, at the "
    "same seed. Means over seeds with 95% intervals; the dotted line is half of the votes."
)
COLOURS = {"arbitrageurs": shared.VERMILION, "providers": shared.BLUE}
PANELS = (
    ("fee_usd", "fee adopted", "USD"),
    ("user_gas_bp", "fees of users", "bp"),
    ("user_total_bp_less", "cost of users", "difference [bp]"),
    ("sequencers_usd_less", "sequencers", "difference [thousand USD]"),
    ("arbitrage_usd_less", "arbitrageurs", "difference [thousand USD]"),
    ("providers_usd_less", "liquidity providers", "difference [thousand USD]"),
)


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(4.3, (2, 3))
    panels = panels.ravel().tolist()
    for axes, name, (outcome, title, unit) in zip(panels, "abcdef", PANELS, strict=True):
        shared.letter(axes, name, title)
        _by_votes(axes, shared.where(summary, outcome=outcome), 1e-3 if "thousand" in unit else 1.0)
        axes.set_ylabel(unit)
    panels[0].plot([], [], ":", color=shared.GREY, linewidth=0.8, label="half of the votes")
    page.key(figure, *panels[0].get_legend_handles_labels())
    return figure


def _by_votes(axes: Axes, summary: pd.DataFrame, scale: float) -> None:
    for holders, colour in COLOURS.items():
        shared.bars(axes, shared.series(shared.where(summary, holders=holders), "votes_share", scale), colour, holders)
    axes.axvline(0.5, color=shared.GREY, linewidth=0.8, linestyle=":")
    axes.set_xlim(-0.05, 1.05)
    axes.grid(axis="y")
    axes.set_xlabel("votes of others than sequencers")
