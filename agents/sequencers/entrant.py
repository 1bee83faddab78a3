"""A newcomer: a sequencer that starts to bid for slots in the middle of a run, and belongs to no cartel."""

from __future__ import annotations

from agents.sequencers.fixed_margin import FixedMargin
from market.access.observation import BlockView
from market.access.seat import Seat


class Entrant(FixedMargin):
    """Bids nothing until it enters; from then on what it thinks slots are worth, less a margin.

    Parameters
    ----------
    enters_s
        when it enters [s]
    margin
        share of the estimated value kept [1]
    first_usd
        what it thinks a slot worth before it has led one [USD]
    least_usd
        profit below which an insertion is not worth its while [USD]
    """

    def __init__(
        self,
        seat: Seat,
        enters_s: float = 0.0,
        margin: float = 0.05,
        first_usd: float = 0.1,
        least_usd: float = 0.05,
    ) -> None:
        super().__init__(seat, margin=margin, first_usd=first_usd, least_usd=least_usd)
        if not enters_s >= 0.0:
            raise ValueError(f"enters_s must not be negative, not {enters_s}")
        self.enters_s = enters_s

    def bid_for_slot(self, seen: BlockView, slot: int) -> float:
        """Nothing before it enters."""
        bid = super().bid_for_slot(seen, slot)
        return bid if seen.time >= self.enters_s else 0.0
