"""First come, first served, but for one place in the block that is auctioned: the top, or the end.

The auction's winner puts intents of its own there, and decides nothing else: those of others stand as they arrived.
At the top it trades on the state that the last block left, at the end on the one that this block leaves. What it meant
to wrap around somebody's intent stands by itself, and is reverted where that does not pay.
Sources: Astria, documentation of its block-space auction (2024), for the top; Radius, documentation (2024), for a
back-running slot at the end.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from market.access.protocols import Arrangement
from market.sequencing.ordering.base import Ordering, first_come_order, untouched


class AuctionedPlace(Ordering):
    """Arrival order, and a place for the intents of the auction's winner."""

    kind: Literal["auctioned_place"] = "auctioned_place"
    extent: Literal["top", "end"] = Field("top", description="where the winner's intents go")

    def arrange(self, slot) -> tuple[Arrangement | None, Any]:
        """Take the insertions out of the winner's offer and put them in their place."""
        arrival = first_come_order(slot.due, slot.rng.random(slot.due.size))
        if slot.winner is None:
            return untouched(arrival), None
        offered = slot.winning.arrangement
        own = offered.order < 0
        alone = np.full(arrival.size, -1, np.int64)
        parts = [(offered.order[own], offered.bundle[own]), (arrival, alone)]
        if self.extent == "end":
            parts.reverse()
        winner, slot.winner = slot.winner, None  # the leader makes the block: tips are the leader's
        order, bundle = (np.concatenate(halves) for halves in zip(*parts, strict=True))
        return Arrangement(order, bundle, offered.inserted), winner
