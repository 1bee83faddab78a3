"""What all revenue rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.sequencing import Part

if TYPE_CHECKING:
    from market.domain import Slot


class Revenue(Part):
    """Who keeps what the sequencer takes in. The base leaves it with whoever received it."""

    def share(self, slot: Slot) -> None:
        """Pass on, through the ledger, what the slot brought: `slot.taken` by rollup [USD] and `slot.bids` [USD]."""
