"""First come, first served, by measured arrival at the sequencer; nobody chooses."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from market.access.protocols import Arrangement
from market.sequencing.ordering.base import Ordering, by_arrival


class FirstCome(Ordering):
    """Arrival order, enforced by the regime: whoever leads has no say."""

    kind: Literal["first_come"] = "first_come"
    only_orders: ClassVar[bool] = True

    def arrange(self, slot) -> tuple[Arrangement | None, Any]:
        """Order by arrival; exact ties at random."""
        return by_arrival(slot), None
