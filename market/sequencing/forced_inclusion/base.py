"""What all mechanisms of this part share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.sequencing import Part

if TYPE_CHECKING:
    from market.domain import Slot


class ForcedInclusion(Part):
    """The way around the sequencer, through L1. The base does nothing; a mechanism says what differs."""

    def enforce(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Return the block with the intents put on top of it that may no longer be left out."""
        return rows
