"""What every mempool shares whose key is split among a committee: contents stay sealed until the order is fixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, PrivateAttr

from market.sequencing.visibility.base import ROLES, Visibility

if TYPE_CHECKING:
    from market.domain import Slot


class Threshold(Visibility):
    """Nobody reads contents before the order is fixed, but for whoever has enough shares of the key.

    Who sent when is visible to the author of the block.
    """

    decryption_s: float = Field(
        0.2, ge=0, allow_inf_nan=False, description="time that decryption adds to every intent's arrival [s]"
    )
    candidates: int = Field(
        128, ge=1, le=10**8, description="N: candidates that a slot's committee is drawn from, without replacement [1]"
    )
    readers: ClassVar[frozenset[str]] = frozenset()
    counters: ClassVar[frozenset[str]] = frozenset(ROLES)
    _slot: Any = PrivateAttr(default=None)
    _read: bool = PrivateAttr(default=False)

    def start(self) -> Self:
        """Give each domain a committee of its own."""
        return self.model_copy()

    def delay(self) -> float:
        """Return the latency that sealing adds [s]."""
        return self.decryption_s

    def begin(self, slot: Slot) -> None:
        """Take note of the slot, of which nobody has read anything yet."""
        self._slot, self._read = slot, False
