"""Oracles decide to post: when a slot begins, and those that read a pool of the moment once its block is executed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.venues.clock import Clock
from market.venues.oracles.posting import Posting
from market.venues.oracles.rules import POOL_SPOT

if TYPE_CHECKING:
    from market.model import SequencerMarket


def start(market: SequencerMarket) -> Clock:
    """Return the clock of the feeds."""
    source = market.world.tables.feeds["source"]
    if not source.size:
        return Clock()
    posting = Posting(market)
    if posting.by_prices:
        return Clock(posting.tick, posting.heed, after_empty=False)
    return Clock(posting.tick, posting.after_block if (source == POOL_SPOT).any() else None)
