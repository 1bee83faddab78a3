"""One operator orders every slot of its domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from market.sequencing.leaders.base import Leaders

if TYPE_CHECKING:
    from market.domain import Domain


class Operator(Leaders):
    """A single sequencer."""

    kind: Literal["operator"] = "operator"

    def choose(self, domain: Domain, now: float) -> Any:
        """Return the only one there is."""
        return domain.leaders[0]

    def ahead(self, domain: Domain, slots: int) -> list[Any]:
        """Return the only one there is."""
        return [domain.leaders[0]] * slots
