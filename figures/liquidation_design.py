"""Designs of liquidation of loans: what borrowers lose, how long it takes, what is lost, and who gains."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _liquidation_design as designs
from figures._liquidation_design import Panel

CAPTION = (
    "Borrowers whose collateral is sold in a crash at a fixed spread, in Dutch and in English auctions, by who orders "
    "blocks and how full blocks are. Means over seeds with 95% intervals; the same seeds everywhere. (a) Loss of who "
    "is liquidated: value sold less what was paid for it. (b) From default to the sale, weighted by value. (c) Debt "
    "that was not covered. (d) Sales at less than 1% of the value; dashed: the 36% of Maker's auctions on 12-13 March "
    "2020 (MakerDAO, Liquidations 2.0). (e, f) Gains from liquidations of liquidators and whoever orders blocks, net "
    "of tips and fees. Axes of (a), (c), (e) and (f) are linear around zero and logarithmic beyond."
)
MARCH_2020 = 36.0
"""Share of Maker's auctions that were won for nothing [%]."""
PANELS = {
    "borrower_loss_share": Panel("borrowers' loss", "% of value sold", 0.01, 1.0),
    "time_to_sale_s": Panel("time to the sale", "s", 1.0),
    "bad_debt_usd": Panel("bad debt", "thousand USD", 1e3, 1.0),
    "zero_bid_share": Panel("sold for nothing", "% of sales", 0.01, fact=MARCH_2020),
    "liquidators_usd": Panel("liquidators' gain", "thousand USD", 1e3, 10.0),
    "sequencers_usd": Panel("sequencers' gain", "thousand USD", 1e3, 10.0),
}


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    return designs.draw(summary, "lending", PANELS)
