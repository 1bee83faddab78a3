"""Extracted value: the receiver's gain from the intents that it inserted, marked to the reference price, net of costs.

Its payers: users who executed worse than at the state that the insertion found, liquidity providers who sold at stale
prices, borrowers who paid the liquidation bonus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.intents.rows import Purpose

if TYPE_CHECKING:
    from market.model import SequencerMarket

KINDS = {
    "sandwich": (Purpose.SANDWICH,),
    "arbitrage": (Purpose.ARBITRAGE, Purpose.CYCLE),
    "liquidation": (Purpose.LIQUIDATION,),
}
RECEIVERS = {"sequencers": "sequencer", "builders": "builder", "traders": "trader", "liquidators": "liquidator"}


def report(market: SequencerMarket) -> dict[str, float]:
    """Extracted value by kind, and by role of whoever ends up with it [USD]."""
    gains = market.tally.gains
    report = {f"extracted_{kind}_usd": float(gains[:, purposes].sum()) for kind, purposes in KINDS.items()}
    report["extracted_cycles_usd"] = float(gains[:, Purpose.CYCLE].sum())
    extracted = gains[:, [purpose for purposes in KINDS.values() for purpose in purposes]].sum(axis=1)
    for name, role in RECEIVERS.items():
        accounts = [at for at, member in enumerate(market.members) if member.role == role]
        bids = sum(market.tally.bids_paid.get(account, 0.0) for account in accounts)
        report[f"extracted_by_{name}_usd"] = float(extracted[accounts].sum()) - bids
    # who ends up with it: what was bid for the right to build, or for the express lane, went to the sequencers
    report["extracted_by_sequencers_usd"] += market.tally.auction_revenue
    return report
