"""An encrypted mempool: contents stay sealed until the order is fixed; decryption costs time."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from market.sequencing.visibility.base import ROLES, Visibility


class Sealed(Visibility):
    """Nobody reads contents before the order is fixed; who sent when is visible to the author of the block."""

    kind: Literal["sealed"] = "sealed"
    decryption_s: float = Field(0.2, ge=0, description="time that decryption adds to every intent's arrival [s]")
    readers: ClassVar[frozenset[str]] = frozenset()
    counters: ClassVar[frozenset[str]] = frozenset(ROLES)

    def delay(self) -> float:
        """Return the latency that sealing adds [s]."""
        return self.decryption_s
