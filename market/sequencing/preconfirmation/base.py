"""What all mechanisms of this part share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.sequencing import Part

if TYPE_CHECKING:
    from market.domain import Slot


class Preconfirmation(Part):
    """Promises of inclusion ahead of the block. The base does nothing; a mechanism says what differs."""

    def promise(self, slot: Slot) -> None:
        """Note what the leader promised on the intents that are due, before the block is ordered."""

    def enforce(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Compare the block with the promises; a broken one is slashed. Returns the rows of the block."""
        return rows
