"""What all leader rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from market.sequencing import Part

if TYPE_CHECKING:
    from market.domain import Domain


class Leaders(Part):
    """Who may order a slot."""

    def seats(self) -> int:
        """Return the number of sequencers of a domain."""
        return 1

    def choose(self, domain: Domain, now: float) -> Any:
        """Return the leader of the domain's current slot, one of `domain.leaders`; draw from `domain.rng` alone."""
        raise NotImplementedError
