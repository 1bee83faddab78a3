"""What all visibility rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from market.access.observation import redact
from market.intents.rows import INTENT, copied, taken
from market.sequencing import Part

if TYPE_CHECKING:
    from market.domain import Slot

NOTHING = np.zeros(0, INTENT)
ROLES = ("sequencer", "builder", "market_maker", "liquidator", "trader")


class Visibility(Part):
    """Who reads a pending intent.

    `readers` read contents of what has arrived; `counters` see redacted rows; everybody else sees nothing. Senders know
    their own intents anyway.
    """

    readers: ClassVar[frozenset[str]] = frozenset()
    counters: ClassVar[frozenset[str]] = frozenset()

    def delay(self) -> float:
        """Return the latency that the mechanism adds to every intent [s]."""
        return 0.0

    def begin(self, slot: Slot) -> None:
        """Take note of a slot before its author reads anything."""

    def show(self, role: str, account: int, rows: np.ndarray, time: float) -> np.ndarray:
        """Return what a role may read of pending rows at a time: a copy."""
        if role in self.readers:
            return self.select(account, taken(rows, (rows["arrival"] <= time).nonzero()[0]))
        if role in self.counters:
            return redact(rows[rows["arrival"] <= time])
        return NOTHING

    def select(self, account: int, rows: np.ndarray) -> np.ndarray:
        """Return what one reader receives of the rows that its role may read: a copy."""
        return copied(rows)

    def to_author(self, role: str, account: int, rows: np.ndarray) -> np.ndarray:
        """Return what the author of a block reads of the intents that are due: a copy, redacted where hidden."""
        return copied(rows) if role in self.readers else redact(rows)
