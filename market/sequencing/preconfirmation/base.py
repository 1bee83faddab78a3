"""What all mechanisms of this part share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from market.sequencing import Part

if TYPE_CHECKING:
    from market.domain import Domain, Slot


class Preconfirmation(Part):
    """Promises of inclusion ahead of the block. The base does nothing; a mechanism says what differs."""

    @property
    def fixes_places(self) -> bool:
        """Whether an insertion ahead of promised intents breaks a promise."""
        return False

    @property
    def made(self) -> int:
        """Promises made so far."""
        return 0

    @property
    def broken(self) -> int:
        """Promises broken so far."""
        return 0

    def promise(self, slot: Slot) -> None:
        """Note what the leader promised on the intents that are due, before the block is ordered."""

    def enforce(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Compare the block with the promises; a broken one is slashed. Returns the rows of the block."""
        return rows

    def expected_penalty(self, domain: Domain, leader: Any) -> float:
        """Return what a leader must expect to lose by a block that breaks promises [USD]."""
        return 0.0
