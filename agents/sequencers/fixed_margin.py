"""A sequencer that keeps a fixed share of what it estimates a slot to be worth."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from agents.bidding.shading import PRICE_EDGES
from agents.sequencers.slot_bidder import SlotBidder
from market.access.observation import BlockView
from market.access.seat import Seat


class FixedMargin(SlotBidder):
    """Learns what slots are worth, and not what to bid for them.

    Parameters
    ----------
    margin
        share of the estimated value kept [1]
    by_price
        that share after a low, a middling and a high price of the slot before, instead of `margin` [1]
    first_usd
        what it thinks a slot worth before it has led one [USD]
    least_usd
        profit below which an insertion is not worth its while [USD]
    """

    def __init__(
        self,
        seat: Seat,
        margin: float = 0.02,
        by_price: Sequence[float] = (),
        first_usd: float = 0.1,
        least_usd: float = 0.05,
    ) -> None:
        super().__init__(seat, first_usd=first_usd, least_usd=least_usd)
        if not 0.0 <= margin <= 1.0:
            raise ValueError(f"margin must lie in [0, 1], not {margin}")
        if len(by_price) not in (0, len(PRICE_EDGES) + 1) or not all(0.0 <= one <= 1.0 for one in by_price):
            raise ValueError(f"by_price must be {len(PRICE_EDGES) + 1} margins in [0, 1], or none, not {by_price!r}")
        self._by_price = tuple(by_price) or (margin,) * (len(PRICE_EDGES) + 1)
        self._price = 0

    def bid_for_slot(self, seen: BlockView, slot: int) -> float:
        """Estimated value less the margin."""
        super().bid_for_slot(seen, slot)
        return self._value * (1.0 - self._by_price[self._price])

    def heard_slot(self, slot: int, won: bool, paid: float, highest: float) -> None:
        """Remember the price."""
        super().heard_slot(slot, won, paid, highest)
        if self._value > 0.0:
            self._price = bisect_right(PRICE_EDGES, highest / self._value)
