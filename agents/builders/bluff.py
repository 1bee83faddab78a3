"""A builder that pretends a large value in an open auction and takes it back before the end."""

from __future__ import annotations

from agents.bidding.ascending import BLUFF, ascending_bid
from agents.builders.naive import Naive
from market.access.observation import BlockView
from market.access.protocols import Bid
from market.access.seat import Seat


class Bluff(Naive):
    """A bid above its value until the reveal, then value less the margin; where bids cannot be cancelled, a mistake.

    It never bluffs more than it could pay: an auction that ends early may take it at its word.
    Source: F. Wu, T. Thiery, S. Leonardos and C. Ventre (2023), Strategic bidding wars in on-chain auctions, arXiv
    2312.14510.

    Parameters
    ----------
    margin
        share of the value kept [1]
    reveal
        rounds before the end in which it takes the bluff back [1]
    factor
        bluff over value [1]
    sandwich
        whether it front-runs users
    """

    def __init__(
        self,
        seat: Seat,
        margin: float = 0.02,
        reveal: int = 8,
        factor: float = 1.5,
        sandwich: bool = True,
    ) -> None:
        super().__init__(seat, margin=margin, sandwich=sandwich)
        if reveal < 0 or not factor >= 1.0:
            raise ValueError(f"reveal must not be negative and factor be at least 1, not {reveal} and {factor}")
        self.reveal, self.factor = reveal, factor
        self._affordable = 0.0

    def build(self, seen: BlockView) -> Bid:
        """Offer a block; note what it could pay."""
        self._affordable = 0.5 * float(seen.funds[list(seen.rollups), 0].sum())
        return super().build(seen)

    def revise(self, value: float, now: int, rounds: int, highest: float) -> float:
        """Bid in a round of an open auction [USD]."""
        pretended = min(self.factor * value, max(self._affordable, 0.0))
        return ascending_bid(
            BLUFF, now >= rounds - self.reveal, value, 0.0, self.margin * value, highest, 0.0, max(pretended, 0.0)
        )
