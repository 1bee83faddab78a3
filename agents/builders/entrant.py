"""A newcomer: a builder that starts to bid in the middle of a run, and belongs to no cartel."""

from __future__ import annotations

from agents.builders.naive import Naive
from market.access.observation import BlockView
from market.access.protocols import Bid
from market.access.seat import Seat
from market.sequencing.ordering.base import first_come_order, untouched


class Entrant(Naive):
    """Offers an untouched block for nothing until it enters; from then on what a block is worth to it, less a margin.

    Parameters
    ----------
    enters_s
        when it enters [s]
    margin
        share of the value kept [1]
    sandwich
        whether it front-runs users
    """

    def __init__(
        self,
        seat: Seat,
        enters_s: float = 0.0,
        margin: float = 0.05,
        sandwich: bool = True,
    ) -> None:
        super().__init__(seat, margin=margin, sandwich=sandwich)
        if not enters_s >= 0.0:
            raise ValueError(f"enters_s must not be negative, not {enters_s}")
        self.enters_s = enters_s

    def build(self, seen: BlockView) -> Bid:
        """Nothing of its own before it enters."""
        if seen.time >= self.enters_s:
            return super().build(seen)
        return Bid(untouched(first_come_order(seen.due, self.rng_own.random(seen.due.size))), 0.0, 0.0)
