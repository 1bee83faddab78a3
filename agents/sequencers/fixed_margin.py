"""A sequencer that keeps a fixed share of what it estimates a slot to be worth."""

from __future__ import annotations

from agents.sequencers.slot_bidder import SlotBidder
from market.model import SequencerMarket
from market.observation import BlockView


class FixedMargin(SlotBidder):
    """Learns what slots are worth, and not what to bid for them.

    Parameters
    ----------
    margin
        share of the estimated value kept [1]
    first_usd
        what it thinks a slot worth before it has led one [USD]
    least_usd
        profit below which an insertion is not worth its while [USD]
    """

    def __init__(
        self,
        model: SequencerMarket,
        account: int,
        margin: float = 0.02,
        first_usd: float = 0.1,
        least_usd: float = 0.05,
    ) -> None:
        super().__init__(model, account, first_usd=first_usd, least_usd=least_usd)
        if not 0.0 <= margin <= 1.0:
            raise ValueError(f"margin must lie in [0, 1], not {margin}")
        self._fixed = margin

    def bid_for_slot(self, seen: BlockView, slot: int) -> float:
        """Estimated value less the margin."""
        super().bid_for_slot(seen, slot)
        return self._value * (1.0 - self._fixed)
