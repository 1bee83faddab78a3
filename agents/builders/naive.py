"""A builder that keeps a fixed share of its block's value."""

from __future__ import annotations

from agents.builders.base import Builder
from market.access.seat import Seat


class Naive(Builder):
    """Value less a margin, in sealed auctions and in every round of an open one.

    Source: F. Wu, T. Thiery, S. Leonardos and C. Ventre (2023), Strategic bidding wars in on-chain auctions, arXiv
    2312.14510, where the margin is an amount; blocks on rollups differ too much in value for that.

    Parameters
    ----------
    margin
        share of the value kept [1]
    sandwich
        whether it front-runs users
    """

    def __init__(self, seat: Seat, margin: float = 0.02, sandwich: bool = True) -> None:
        super().__init__(seat, sandwich=sandwich)
        if not 0.0 <= margin <= 1.0:
            raise ValueError(f"margin must lie in [0, 1], not {margin}")
        self.margin = margin

    def bid(self, value: float) -> float:
        """Value less the margin; nothing for a block worth nothing."""
        return max(0.0, value * (1.0 - self.margin))
