"""The leader orders as it likes: inserts, delays, leaves out."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from market.access.protocols import Arrangement
from market.sequencing.ordering.base import Ordering


class LeadersDiscretion(Ordering):
    """Whatever the leader's strategy chooses, of what the visibility lets it read."""

    kind: Literal["leader"] = "leader"
    heeds_tips: ClassVar[bool] = True

    def arrange(self, slot) -> tuple[Arrangement | None, Any]:
        """Ask the leader; once more when the order that it signed has opened what was sealed, if it signs twice."""
        leader = slot.leader
        view = slot.view_of(leader)
        signed = _signed(leader.arrange(view))
        again = getattr(leader, "sign_again", None)
        if again is not None and view.due["sealed"].any():
            view.due = slot.due.copy()
            second = again(view, slot.domain.regime.oversight.expected_penalty(slot.domain, leader, "equivocation"))
            if second is not None:
                slot.signed_twice = True
                return _signed(second), leader
        return signed, leader


def _signed(order: Any) -> Arrangement:
    """Return what a leader signed; whoever wants an empty block signs an empty arrangement."""
    if not isinstance(order, Arrangement):
        raise TypeError(f"its block is a {type(order).__name__}; allowed: an Arrangement")
    return order
