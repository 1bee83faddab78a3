"""First come, first served, but for one place in the block that is auctioned: the top, or the end.

The auction's winner puts intents of its own there, and decides nothing else: those of others stand as they arrived.
At the top it trades on the state that the last block left, at the end on the one that this block leaves. What it meant
to wrap around somebody's intent stands by itself, and is reverted where that does not pay. Where the place is sold
rollup by rollup, each winner has that of its rollups.
Sources: Astria, documentation of its block-space auction (2024), for the top; Radius, documentation (2024), for a
back-running slot at the end.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from market.access.protocols import Arrangement, Bid
from market.sequencing.ordering.base import Ordering, first_come_order, untouched


class AuctionedPlace(Ordering):
    """Arrival order, and a place for the intents of the auction's winner, or of the winner on each rollup."""

    kind: Literal["auctioned_place"] = "auctioned_place"
    extent: Literal["top", "end"] = Field("top", description="where the winner's intents go")

    def arrange(self, slot) -> tuple[Arrangement | None, Any]:
        """Take the insertions out of the winner's offer and put them in their place."""
        arrival = first_come_order(slot.due, slot.rng.random(slot.due.size))
        if slot.winner is None:
            return untouched(arrival), None
        own = _insertions(slot.winning)
        alone = np.full(arrival.size, -1, np.int64)
        parts = [(own.order, own.bundle), (arrival, alone)]
        if self.extent == "end":
            parts.reverse()
        winner, slot.winner = slot.winner, None  # the leader makes the block: tips are the leader's
        order, bundle = (np.concatenate(halves) for halves in zip(*parts, strict=True))
        return Arrangement(order, bundle, own.inserted), winner

    def pieces(self, slot) -> list[tuple[Arrangement | None, Any]]:
        """Put the insertions of several winners, each on its own rollups, before or behind everybody else's."""
        if not slot.awards:
            return super().pieces(slot)
        parts: list[tuple[Arrangement | None, Any]] = [
            (_insertions(award.offer), award.winner) for award in slot.awards if award.winner is not None
        ]
        slot.winner, slot.awards = None, ()  # the leader makes the block: tips are the leader's
        rest = (untouched(first_come_order(slot.due, slot.rng.random(slot.due.size))), None)
        return [*parts, rest] if self.extent == "top" else [rest, *parts]


def _insertions(offer: Bid) -> Arrangement:
    """Return the own intents of an offer, in their order."""
    order, bundle, inserted = offer.arrangement
    own = order < 0
    return Arrangement(order[own], bundle[own], inserted)
