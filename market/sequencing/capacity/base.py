"""What all mechanisms of this part share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.sequencing import Part

if TYPE_CHECKING:
    from market.domain import Slot


class Capacity(Part):
    """What a block holds, and what room costs. The base does nothing; a mechanism says what differs."""

    def fit(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Return the rows of the block that fit, in order; what does not fit goes back to the mempool."""
        return rows
