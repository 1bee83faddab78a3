"""Shares of the key of a sealed mempool that were sold ahead of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float | int]:
    """Offers made and refused, shares sold, what they cost, blocks opened with them, and stake slashed for it.

    Reported only where shares are for sale. What was extracted from opened blocks is counted by the recorder
    `market.measures.openings`.
    """
    records = [d.regime.visibility.record for d in market.domains if d.regime.visibility.kind == "shares_for_sale"]
    if not records:
        return {}
    return {
        "key_offers": sum(record.asked for record in records),
        "key_offers_refused": sum(record.refused for record in records),
        "key_shares_sold": sum(record.shares for record in records),
        "key_shares_usd": sum(record.paid_usd for record in records),
        "blocks_opened_early": sum(record.opened for record in records),
        "slashed_early_usd": sum(record.slashed_usd for record in records),
    }
