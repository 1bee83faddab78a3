"""What all mechanisms of this part share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.sequencing import Part

if TYPE_CHECKING:
    from market.domain import Slot


class Margin(Part):
    """What the sequencer checks before it includes an intent. The base does nothing; a mechanism says what differs."""

    def screen(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Return the rows whose senders pass the check, in order; the others are reverted unexecuted."""
        return rows
