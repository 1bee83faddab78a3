"""Bridges take note of what blocks put on them, and deliver it when it comes due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.venues.bridges.deliveries import Deliveries
from market.venues.clock import Clock

if TYPE_CHECKING:
    from market.model import SequencerMarket


def start(market: SequencerMarket) -> Clock:
    """Return the clock of the bridges; it stands still where there are none."""
    if not len(market.world.tables.bridges):
        return Clock()
    deliveries = Deliveries(market)
    return Clock(deliveries.tick, deliveries.after_block, after_empty=False)
