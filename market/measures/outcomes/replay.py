"""What was done to replayed prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float | int]:
    """By how much prices were rescaled, and how many gaps between bars were bridged; nothing without a replay."""
    notes: dict[str, Any] = market.path.notes
    if "rescale_factor" not in notes:
        return {}
    return {"price_rescale": float(notes["rescale_factor"]), "price_gaps": int(notes["gaps_bridged"])}
