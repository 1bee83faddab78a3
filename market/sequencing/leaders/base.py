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

    def ahead(self, domain: Domain, slots: int) -> list[Any]:
        """Return the leaders of the current slot and those after it as far as they are known, at most so many.

        None: nobody leads. Under most rules nothing is known before a slot is opened.
        """
        return []

    def opened(self, slot: Slot) -> None:
        """Settle what the right to lead costs, once it is known whether the slot takes place."""

    def weights(self, domain: Domain) -> np.ndarray:
        """Return each sequencer's share in the right to lead: shape (seats,), sums to 1."""
        return np.full(len(domain.leaders), 1.0 / len(domain.leaders))

    def candidates(self, domain: Domain, count: int) -> np.ndarray:
        """Divide so many candidates for committees, of equal stake, among the sequencers: shape (seats,), whole.

        Each has its share in the right to lead, rounded by largest remainders; of equal ones the first come first.
        """
        exact = self.weights(domain) * count
        whole = np.floor(exact).astype(np.int64)
        behind = np.argsort(whole - exact, kind="stable")
        whole[behind[: count - int(whole.sum())]] += 1
        return whole

    def committee(
        self, domain: Domain, size: int, among: int, rng: np.random.Generator, draws: int | None = None
    ) -> np.ndarray:
        """Draw how many of the `size` members of a committee belong to each sequencer: shape (seats,).

        Members are drawn without replacement from `among` candidates of equal stake, at least `size`, that are divided
        by the right to lead: the numbers have the multivariate hypergeometric law. With `draws`, so many committees
        independently: shape (draws, seats).
        """
        return rng.multivariate_hypergeometric(self.candidates(domain, among), size, size=draws)

    def slash(self, domain: Domain, sequencer: Any, share: float | None, why: Fault) -> float:
        """Punish a sequencer of the domain for a proved fault; returns what it lost [USD].

        `share` of its bonded stake [1]; None takes the share that the rule sets for such a fault. Where nothing is
        bonded, nothing is lost.
        """
        return 0.0
