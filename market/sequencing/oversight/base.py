"""What all mechanisms of this part share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from market.sequencing import Part
from market.sequencing.leaders.base import Fault

if TYPE_CHECKING:
    from market.domain import Domain, Slot


class Oversight(Part):
    """Who watches bids and orders. The base sees nothing; a mechanism says what differs."""

    def ordered(self, slot: Slot, rows: np.ndarray) -> None:
        """Look at the order that was signed, before guarantees and breakers change the block."""

    def after_block(self, slot: Slot) -> None:
        """Look at the public record of the slot's sales, once its block is executed."""

    def opened_early(self, slot: Slot, shares: list[tuple[Any, float]]) -> float:
        """Look for evidence that sealed contents were opened early; return the stake that it costs [USD].

        `shares` are the sequencers whose shares of the key it took, each with the part of its stake that is bonded for
        these [1].
        """
        return 0.0

    def chance(self, why: Fault) -> float:
        """Return the chance that a fault in ordering is proven [1]."""
        return 0.0

    def expected_penalty(self, domain: Domain, leader: Any, why: Fault) -> float:
        """Return chance of proof times what a fault in ordering costs a sequencer [USD]."""
        return 0.0
