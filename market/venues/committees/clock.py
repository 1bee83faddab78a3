"""What committees do by themselves: reports are judged once the price that they were made at is beyond doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.venues.clock import Clock
from market.venues.committees.judging import Judging

if TYPE_CHECKING:
    from market.model import SequencerMarket


def start(market: SequencerMarket) -> Clock:
    """Return the clock of the committees."""
    if not len(market.world.tables.committees):
        return Clock()
    judging = Judging(market)
    return Clock(judging.tick, judging.after_block, judging.sent)
