"""A builder that outbids the highest standing bid by a little for as long as that pays."""

from __future__ import annotations

from agents.bidding.ascending import ADAPTIVE, ascending_bid
from agents.builders.naive import Naive
from market.access.seat import Seat


class Outbid(Naive):
    """The adaptive rule of the open auction: the best bid seen and a step, else value less the margin.

    Source: F. Wu, T. Thiery, S. Leonardos and C. Ventre (2023), Strategic bidding wars in on-chain auctions, arXiv
    2312.14510.

    Parameters
    ----------
    margin
        share of the value kept at least [1]
    increment
        step, as a share of the value [1]
    sandwich
        whether it front-runs users
    """

    def __init__(
        self,
        seat: Seat,
        margin: float = 0.02,
        increment: float = 0.005,
        sandwich: bool = True,
    ) -> None:
        super().__init__(seat, margin=margin, sandwich=sandwich)
        if not increment > 0.0:
            raise ValueError(f"increment must be positive, not {increment}")
        self.increment = increment

    def revise(self, value: float, now: int, rounds: int, highest: float) -> float:
        """Bid in a round of an open auction [USD]."""
        return ascending_bid(ADAPTIVE, True, value, 0.0, self.margin * value, highest, self.increment * value, 0.0)
