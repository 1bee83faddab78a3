"""A builder that packs the best block it finds, and bids a share of what that is worth."""

from __future__ import annotations

from agents.builders.base import Builder
from market.access.seat import Seat


class Skeleton(Builder):
    """Bids a share of its block's value, which falls after a win and rises after a loss.

    Its base packs blocks: `pack(seen)` returns an arrangement of the intents that are due, with own ones inserted, and
    what that should earn. To write blocks yourself, define `build(self, seen)` and return a `Bid`.

    Parameters
    ----------
    share
        share of the value that it bids at first [1]
    step
        by how much that moves after an auction [1]
    """

    def __init__(self, seat: Seat, share: float = 0.5, step: float = 0.02) -> None:
        # what is known from the start: seat.funds, seat.config, seat.stream for own random numbers, ...
        super().__init__(seat)
        if not (0.0 <= share <= 1.0 and step >= 0.0):
            raise ValueError(f"share must lie in [0, 1] and step be at least 0, not {share} and {step}")
        self.share, self.step = share, step

    def bid(self, value: float) -> float:
        """Return what to offer for a block that is worth `value` [USD]."""
        return max(0.0, self.share * value)

    def heard(self, won: bool, paid: float, highest: float) -> None:
        """Hear how the auction ended: bid less after a win, more after a loss."""
        self.share = min(1.0, max(0.0, self.share + (-self.step if won else self.step)))
