"""A protocol that takes its rollup to where rollups earn most from sequencing."""

from __future__ import annotations

from agents.protocols.base import Protocol
from market.access.networks import NetworksSeen
from market.access.seat import Seat


class Skeleton(Protocol):
    """Moves once revenue there would pay for the move within some time.

    Parameters
    ----------
    patience_s
        time within which a move has to pay for itself [s]
    """

    def __init__(self, seat: Seat, patience_s: float = 86400.0) -> None:
        # what is known from the start: seat.funds, seat.config, seat.stream for own random numbers, ...
        super().__init__(seat)
        if not patience_s > 0.0:
            raise ValueError(f"patience_s must be above 0, not {patience_s}")
        self.patience_s = patience_s

    def choose(self, seen: NetworksSeen) -> int:
        """Return the network that its rollup is to be in, 0 for a sequencer of its own; asked at every review."""
        earned: dict[int, list[float]] = {}
        for part in seen.experience:  # of all rollups since the last review
            if part.length_s > 0.0 and part.network < len(seen.terms):
                earned.setdefault(part.network, []).append(part.revenue_usd / part.length_s)
        means = {network: sum(found) / len(found) for network, found in earned.items()}
        here = seen.network
        best = max(means, key=lambda network: means[network], default=here)
        gain = self.patience_s * (means.get(best, 0.0) - means.get(here, 0.0))
        return best if gain > seen.switching_usd else here
