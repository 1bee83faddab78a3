"""Extracted value: the receiver's gain from what its intents did, marked to the reference price, net of tips and gas.

A tip out of an extraction is a gain, of the same class, of whoever built the block: it moves between receivers and
leaves totals as they are. Bids for blocks and lanes are taken off by receiver alone, and are the sequencers' there.

What an intent did is found from the block (`market.measures.classes`), not from what its sender says. Its payers: users
who executed worse than without whoever stood in front of them, liquidity providers who sold at stale prices, borrowers
who paid the liquidation bonus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.intents.extraction import Extraction
from market.measures.ratio import ratio

if TYPE_CHECKING:
    from market.model import SequencerMarket

KINDS = {
    "sandwich": (Extraction.SANDWICH,),
    "arbitrage": (Extraction.OUTSIDE, Extraction.CYCLE, Extraction.LEGS),
    "liquidation": (Extraction.LIQUIDATION,),
}
RECEIVERS = {"sequencers": "sequencer", "builders": "builder", "traders": "trader", "liquidators": "liquidator"}


def report(market: SequencerMarket) -> dict[str, float]:
    """Extracted value by kind, and by role of whoever ends up with it [USD]; in all also over retail demand [bp].

    What retail wants to trade is exogenous: unlike volume, it does not grow with those who extract.
    """
    gains, totals = market.tally.gains, market.tally.totals()
    report = {f"extracted_{kind}_usd": float(gains[:, classes].sum()) for kind, classes in KINDS.items()}
    report["extracted_cycles_usd"] = float(gains[:, [Extraction.CYCLE, Extraction.LEGS]].sum())
    report["extracted_legs_usd"] = float(gains[:, Extraction.LEGS].sum())
    extracted = gains[:, [taken for classes in KINDS.values() for taken in classes]].sum(axis=1)
    report["extracted_usd"] = float(extracted.sum())
    demand = float(totals["user_volume"] + totals["unfilled_volume"])
    report["extracted_bp_of_retail"] = ratio(report["extracted_usd"], demand, 1e4)
    for name, role in RECEIVERS.items():
        accounts = [at for at, member in enumerate(market.members) if member.role == role]
        bids = sum(market.tally.bids_paid.get(account, 0.0) for account in accounts)
        report[f"extracted_by_{name}_usd"] = float(extracted[accounts].sum()) - bids
    # who ends up with it: what was bid for the right to build, or for the express lane, went to the sequencers
    report["extracted_by_sequencers_usd"] += market.tally.auction_revenue
    return report
