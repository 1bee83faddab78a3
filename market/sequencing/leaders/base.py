"""What all leader rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from market.sequencing import Part

if TYPE_CHECKING:
    from market.domain import Domain, Slot

Fault = Literal["broken_promise", "equivocation", "early_decryption", "skipped_order"]
"""What a sequencer can be proved to have done."""


class Leaders(Part):
    """Who may order a slot."""

    def seats(self) -> int:
        """Return the number of sequencers of a domain."""
        return 1

    def choose(self, domain: Domain, now: float) -> Any:
        """Return the leader of the domain's current slot, one of `domain.leaders`; draw from `domain.rng` alone.

        None: nobody may lead, and the slot is missed.
        """
        raise NotImplementedError

    def opened(self, slot: Slot) -> None:
        """Settle what the right to lead costs, once it is known whether the slot takes place."""

    def weights(self, domain: Domain) -> np.ndarray:
        """Return each sequencer's share in the right to lead: shape (seats,), sums to 1."""
        return np.full(len(domain.leaders), 1.0 / len(domain.leaders))

    def committee(self, domain: Domain, size: int, rng: np.random.Generator) -> np.ndarray:
        """Draw who holds each of `size` places of a committee: shape (size,), seats, with repetition.

        Places are drawn independently in proportion to the right to lead.
        """
        return rng.choice(len(domain.leaders), size=size, p=self.weights(domain))

    def slash(self, domain: Domain, sequencer: Any, share: float | None, why: Fault) -> float:
        """Punish a sequencer of the domain for a proved fault; returns what it lost [USD].

        `share` of its bonded stake [1]; None takes the share that the rule sets for such a fault. Where nothing is
        bonded, nothing is lost.
        """
        return 0.0
