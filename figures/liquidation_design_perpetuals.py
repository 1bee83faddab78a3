"""Designs of liquidation of perpetuals: what traders lose, how long it takes, what the fund pays, and who gains."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _liquidation_design as designs
from figures._liquidation_design import Panel

CAPTION = (
    "Traders of a perpetual whose contracts are sold in a crash at a fixed spread, in Dutch and in English auctions, "
    "by who orders blocks and how full blocks are. Means over seeds with 95% intervals; the same seeds everywhere. "
    "(a) Loss of who is liquidated: value sold less what was paid for it; a contract closed at a fixed spread loses "
    "what was left of its margin. (b) From default to the sale, weighted by value. (c) What the insurance fund paid, "
    "and what open contracts lack at the end. (d) Contracts closed against winners. (e, f) Gains from liquidations of "
    "liquidators and whoever orders blocks, net of tips and fees."
)
PANELS = {
    "borrower_loss_share": Panel("traders' loss", "% of value sold", 0.01),
    "time_to_sale_s": Panel("time to the sale", "s", 1.0),
    "bad_debt_usd": Panel("paid by the fund", "thousand USD", 1e3),
    "deleveraged_usd": Panel("deleveraged", "million USD", 1e6),
    "liquidators_usd": Panel("liquidators' gain", "thousand USD", 1e3),
    "sequencers_usd": Panel("sequencers' gain", "thousand USD", 1e3),
}


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    return designs.draw(summary, "perpetual", PANELS)
