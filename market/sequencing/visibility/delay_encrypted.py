"""A time-locked mempool: contents open by themselves once a puzzle has been solved, which takes a known time.

The order has to be fixed before the puzzle is solved. Execution waits for it: that is the latency cost. Where the
slots are longer than the puzzle, intents that came early in a slot are open before the order is fixed, and can be
front-run.
Source: Rivest, Shamir & Wagner (1996), Time-lock puzzles and timed-release crypto; Radius, a shared sequencing layer
with practical verifiable delay encryption (documentation, 2024).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, PrivateAttr

from market.access.observation import redact
from market.sequencing.visibility.base import NOTHING, ROLES, Visibility

if TYPE_CHECKING:
    from market.domain import Slot


class DelayEncrypted(Visibility):
    """Everybody reads an intent `delay_s` after it arrived; a fast solver earlier."""

    kind: Literal["delay_encrypted"] = "delay_encrypted"
    delay_s: float = Field(
        1.0, ge=0, allow_inf_nan=False, description="time that the puzzle takes; added to every intent's arrival [s]"
    )
    speedup: float = Field(
        1.0, ge=1, allow_inf_nan=False, description="how many times faster the author of a block solves it [1]"
    )
    _sealed_at: float = PrivateAttr(default=0.0)

    def start(self) -> DelayEncrypted:
        """Give each domain a clock of its own."""
        return self.model_copy()

    def delay(self) -> float:
        """Return the latency that the puzzle adds [s]."""
        return self.delay_s

    def begin(self, slot: Slot) -> None:
        """Note when the order of this slot is fixed: its execution waits for the last puzzle."""
        self._sealed_at = slot.sealed_at

    def show(self, role: str, account: int, rows: np.ndarray, time: float) -> np.ndarray:
        """Everybody sees that an intent has arrived, and what is in it once the puzzle is solved."""
        if role not in ROLES:
            return NOTHING
        return self._open(rows[rows["arrival"] <= time], time - self.delay_s)

    def to_author(self, role: str, account: int, rows: np.ndarray) -> np.ndarray:
        """Contents that whoever orders has opened by the time at which the order is fixed."""
        return self._open(rows, self._sealed_at - self.delay_s / self.speedup)

    @staticmethod
    def _open(rows: np.ndarray, since: float) -> np.ndarray:
        """Copy of rows, those that arrived after `since` redacted."""
        hidden = rows["arrival"] > since
        shown = rows.copy()
        if hidden.any():
            shown[hidden] = redact(rows[hidden])
        return shown
