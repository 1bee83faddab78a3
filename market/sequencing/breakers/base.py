"""What all mechanisms of this part share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.sequencing import Part

if TYPE_CHECKING:
    from market.domain import Slot


class Breaker(Part):
    """When the sequencer pauses intents. The base does nothing; a mechanism says what differs."""

    def screen(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Return the rows that are not paused, in order; paused ones go back to the mempool with that status."""
        return rows

    def watch(self, slot: Slot) -> None:
        """Take note of the executed block: what the trigger looks at."""
