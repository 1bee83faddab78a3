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

    @property
    def slashed(self) -> int:
        """Blocks for which a leader was punished so far."""
        return 0

    @property
    def waited_s(self) -> float:
        """Sum over promises of the time from sending to the promise [s]."""
        return 0.0

    def promise(self, slot: Slot) -> None:
        """Note what the leader promised on the intents that are due, before the block is ordered."""

    def owed(self, slot: Slot, order: np.ndarray) -> np.ndarray:
        """Return which due intents a builder's order lacks though their inclusion is promised: indices, by arrival."""
        return np.zeros(0, np.int64)

    def enforce(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Compare the block with the promises; a broken one is slashed. Returns the rows of the block."""
        return rows

    def expected_penalty(self, domain: Domain, leader: Any) -> float:
        """Return what a leader must expect to lose by a block that breaks promises [USD]."""
        return 0.0
