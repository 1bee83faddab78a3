"""Missed slots, orphaned blocks, outages, and how long blocks take to become final."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.measures.ratio import ratio

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float | int]:
    """Missed slots, blocks reverted, time down (mean over rollups), and time to finality (mean over blocks)."""
    parts = [(domain.regime.consensus, len(domain.rollups)) for domain in market.domains]
    blocks = sum(part.blocks for part, _ in parts)
    soft, hard = (sum(part.finality_s()[kind] for part, _ in parts) for kind in range(2))
    down = sum(part.outage_s(market.time) * rollups for part, rollups in parts)
    return {
        "missed_slots": sum(part.missed for part, _ in parts),
        "orphaned_blocks": sum(part.orphaned for part, _ in parts),
        "outage_s": down / len(market.config.rollups),
        "soft_finality_s": ratio(soft, blocks),
        "hard_finality_s": ratio(hard, blocks),
    }
