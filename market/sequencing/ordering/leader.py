"""The leader orders as it likes: inserts, delays, leaves out."""

from __future__ import annotations

from typing import Any, Literal

from market.seats import Arrangement
from market.sequencing.ordering.base import Ordering


class LeadersDiscretion(Ordering):
    """Whatever the leader's strategy chooses, of what the visibility lets it read."""

    kind: Literal["leader"] = "leader"

    def arrange(self, slot) -> tuple[Arrangement | None, Any]:
        """Ask the leader."""
        return slot.leader.arrange(slot.view_of(slot.leader)), slot.leader
