"""Sequencers take turns.

Source: the rotation of leaders in permissioned Byzantine-fault-tolerant protocols, e.g. Castro and Liskov (1999),
Practical Byzantine fault tolerance, OSDI.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from market.sequencing.leaders.base import Leaders

if TYPE_CHECKING:
    from market.domain import Domain


class RoundRobin(Leaders):
    """Slot k of a domain belongs to member k modulo their number, missed slots included."""

    kind: Literal["round_robin"] = "round_robin"
    members: int = Field(default=3, ge=1, description="sequencers of each domain [1]")

    def seats(self) -> int:
        """Return the number of members."""
        return self.members

    def choose(self, domain: Domain, now: float) -> Any:
        """Return whose turn it is."""
        return domain.leaders[domain.slot % self.members]

    def ahead(self, domain: Domain, slots: int) -> list[Any]:
        """Return whose turn it is, and whose it will be."""
        slot = max(0, domain.slot)  # before the first slot the first one comes
        return [domain.leaders[coming % self.members] for coming in range(slot, slot + slots)]
