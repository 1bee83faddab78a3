"""What all mechanisms of this part share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from market.sequencing import Part

if TYPE_CHECKING:
    from market.access.protocols import Ballot
    from market.domain import Domain


class Vote(NamedTuple):
    """A vote as the public sees it afterwards; `yes`, `no` and `all_votes` are stakes or tokens."""

    slot: int
    ballot: Ballot
    yes: float
    no: float
    all_votes: float  # of whoever could have voted
    passed: bool


class Governance(Part):
    """Who decides on the rules. The base changes nothing; a mechanism says what differs."""

    @property
    def in_force(self) -> Any:
        """What is in force of that which is voted on; None where nothing is."""
        return None

    def convene(self, domain: Domain, now: float) -> None:
        """Do what is due of votes at the beginning of a slot, before anybody acts in it."""
