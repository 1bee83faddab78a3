"""The winning builder's block, as it was bid for; without a bid, arrival order."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from market.access.protocols import Arrangement
from market.sequencing.ordering.base import Ordering, by_arrival


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
            return super().pieces(slot)
        return [(award.offer.arrangement, award.winner) for award in slot.awards]
