"""The winning builder's block, as it was bid for; without a bid, arrival order.

What it lacks of intents whose inclusion the leader promised is put behind it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from market.access.protocols import Arrangement
from market.sequencing.ordering.base import Ordering, by_arrival, untouched


class BuildersBlock(Ordering):
    """Proposer-builder separation: the proposer signs the block of the auction's winner unseen."""

    kind: Literal["builder"] = "builder"
    heeds_tips: ClassVar[bool] = True

    def arrange(self, slot) -> tuple[Arrangement | None, Any]:
        """Take the auction's outcome."""
        if slot.winner is None:
            return by_arrival(slot), None
        return slot.winning.arrangement, slot.winner

    def pieces(self, slot) -> list[tuple[Arrangement | None, Any]]:
        """Put the blocks of several winners, each of its own rollups, one after the other."""
        if not slot.awards:
            block, author = self.arrange(slot)
            if block is None or author is None:
                return [(block, author)]
            lacking = slot.domain.regime.preconfirmation.owed(slot, block.order)
            return [(block, author), (untouched(lacking), None)] if lacking.size else [(block, author)]
        return [(award.offer.arrangement, award.winner) for award in slot.awards]
