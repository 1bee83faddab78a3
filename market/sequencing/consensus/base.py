"""What all mechanisms of this part share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.sequencing import Part

if TYPE_CHECKING:
    from market.domain import Domain


class Consensus(Part):
    """When a slot's block is agreed on, and when it is not. The base does nothing; a mechanism says what differs."""

    def delay(self) -> float:
        """Return the latency that agreement adds to every intent [s]."""
        return 0.0

    def reached(self, domain: Domain, now: float) -> bool:
        """Whether the slot at `now` has a block: no outage, no missed slot."""
        return True
