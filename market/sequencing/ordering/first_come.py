"""First come, first served, by measured arrival at the sequencer; nobody chooses."""

from __future__ import annotations

from typing import Any, Literal

from market.access.protocols import Arrangement
from market.sequencing.ordering.base import Ordering, first_come_order, untouched


class FirstCome(Ordering):
    """Arrival order, enforced by the regime: whoever leads has no say."""

    kind: Literal["first_come"] = "first_come"

    def arrange(self, slot) -> tuple[Arrangement | None, Any]:
        """Order by arrival; exact ties at random."""
        return untouched(first_come_order(slot.due, slot.rng.random(slot.due.size))), None
