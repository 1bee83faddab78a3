"""What breakers did."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float | int]:
    """Pauses, and how long they were in total [s]."""
    return {"pauses": int(market.tally.pauses), "paused_s": float(market.tally.paused_s)}
