"""Sending updates of feeds: an update is an intent as any other, which a sequencer must include."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from market.intents.rows import Purpose, blank
from market.kernel.direct import bind
from market.venues import Kind
from market.venues.oracles.rules import COMMITTEE, EXTERNAL, GIVE_UP_AFTER, due, due_after_block, quiet_until

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

UPDATE = int(Kind.ORACLE_UPDATE)
ROUNDING_S = 1e-3
"""By how much earlier than by its sum of times a feed is looked at: more than rounding can make [s]."""


class Posting:
    """Asks the feeds whether they post, and hands the updates of those that do to the mempool."""

    def __init__(self, market: SequencerMarket) -> None:
        self._state, self._feeds, self._mempool = market.world.state, market.world.tables.feeds, market.mempool
        self._which, self._prices = np.zeros(len(self._feeds), np.int64), np.zeros(len(self._feeds))
        self._due = bind(due, self._state, 0.0, self._which, self._prices)
        self._quiet = bind(quiet_until, self._state, 0.0)
        self.by_prices = bool(np.isin(self._feeds["source"], (EXTERNAL, COMMITTEE)).all())
        self._reference, self._seen = market.world.tables.prices, b""
        self._quiet_until = -math.inf  # at the prices that were seen last

    def tick(self, now: float) -> None:
        """Post what is due when a slot begins: nothing is before its time while reference prices stand still."""
        seen = self._reference.tobytes() if self.by_prices else b""
        if now < self._quiet_until and seen == self._seen:
            return
        count = self._due(self._state, now, self._which, self._prices)
        if count:
            self._send(count, now)
        if self.by_prices:
            self._seen, self._quiet_until = seen, self._quiet(self._state, now) - ROUNDING_S

    def heed(self, slot: Slot) -> None:
        """Look at all feeds anew once one has posted: what it posted may be out of date by now."""
        if UPDATE in slot.kinds:
            self._quiet_until = -math.inf

    def after_block(self, slot: Slot) -> None:
        """Let feeds that read pools see what the block has done to them."""
        for rollup in slot.domain.rollups:
            count = due_after_block(self._state, slot.time, rollup, self._which, self._prices)
            if count:
                self._send(count, slot.time)

    def _send(self, count: int, now: float) -> None:
        rows = blank(count)
        of, feeds = self._which[:count], self._feeds
        rows["kind"], rows["purpose"] = UPDATE, int(Purpose.SYSTEM)
        rows["venue"], rows["amount"] = of, self._prices[:count]
        rows["sender"], rows["rollup"] = feeds["account"][of], feeds["rollup"][of]
        rows["sent"], rows["arrival"] = now, now + feeds["delay"][of]
        rows["expiry"] = now + feeds["delay"][of] + GIVE_UP_AFTER
        self._mempool.submit(rows)
