"""Moves of rollups between networks, where a regime lets them move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.state.ledger import Why

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float | int]:
    """Moves that took effect, and what was spent on those announced; nothing where rollups stay where they are."""
    if market.moves is None:
        return {}
    spent = market.world.tables.flows[:, :, Why.SWITCHING, 0].sum()
    return {"network_moves": len(market.moves.made), "network_switching_usd": float(spent)}
