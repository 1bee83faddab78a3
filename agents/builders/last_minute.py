"""A builder that stays silent in an open auction until it is almost over."""

from __future__ import annotations

from agents.bidding.ascending import LAST_MINUTE, ascending_bid
from agents.builders.naive import Naive
from market.access.seat import Seat


class LastMinute(Naive):
    """No bid until the reveal, then value less the margin; in a sealed auction, value less the margin.

    Source: F. Wu, T. Thiery, S. Leonardos and C. Ventre (2023), Strategic bidding wars in on-chain auctions, arXiv
    2312.14510.

    Parameters
    ----------
    margin
        share of the value kept [1]
    reveal
        rounds before the end in which it reveals; sooner than its latency and it comes too late [1]
    sandwich
        whether it front-runs users
    """

    def __init__(self, seat: Seat, margin: float = 0.02, reveal: int = 8, sandwich: bool = True) -> None:
        super().__init__(seat, margin=margin, sandwich=sandwich)
        if reveal < 0:
            raise ValueError(f"reveal must not be negative, not {reveal}")
        self.reveal = reveal

    def revise(self, value: float, now: int, rounds: int, highest: float) -> float:
        """Bid in a round of an open auction [USD]."""
        revealed = now >= rounds - self.reveal
        return ascending_bid(LAST_MINUTE, revealed, value, 0.0, self.margin * value, highest, 0.0, 0.0)
