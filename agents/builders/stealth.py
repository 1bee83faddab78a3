"""A builder that hides what it alone may know until an open auction is almost over."""

from __future__ import annotations

import math

from agents.bidding.ascending import STEALTH, ascending_bid
from agents.builders.naive import Naive
from agents.means.order_flow import gossiped, restricted
from market.access.observation import BlockView
from market.access.protocols import Bid
from market.access.seat import Seat


class Stealth(Naive):
    """Bids on the gossiped order flow until the reveal, then on all of it; in a sealed auction, on all of it.

    Source: F. Wu, T. Thiery, S. Leonardos and C. Ventre (2023), Strategic bidding wars in on-chain auctions, arXiv
    2312.14510.

    Parameters
    ----------
    margin
        share of the value kept [1]
    reveal
        rounds before the end in which it reveals [1]
    gossip
        share of users' intents that all builders receive [1]
    sandwich
        whether it front-runs users
    """

    def __init__(
        self,
        seat: Seat,
        margin: float = 0.02,
        reveal: int = 8,
        gossip: float = 0.6,
        sandwich: bool = True,
    ) -> None:
        super().__init__(seat, margin=margin, sandwich=sandwich)
        if reveal < 0 or not 0.0 <= gossip <= 1.0:
            raise ValueError(f"reveal must not be negative and gossip lie in [0, 1], not {reveal} and {gossip}")
        self.reveal, self.gossip = reveal, gossip
        self._public = 0.0

    def build(self, seen: BlockView) -> Bid:
        """Offer a block; note what it would be worth without what others may not have."""
        shared = gossiped(seen, self.gossip)
        # what it packs last is what it expects to be held to: the block that it offers
        public = math.inf if shared.all() else self.pack(restricted(seen, shared))[1]
        offer = super().build(seen)
        self._public = min(offer.value, public)
        return offer

    def revise(self, value: float, now: int, rounds: int, highest: float) -> float:
        """Bid in a round of an open auction [USD]."""
        private = value - self._public
        return ascending_bid(
            STEALTH, now >= rounds - self.reveal, self._public, private, self.margin * value, highest, 0.0, 0.0
        )
