"""A builder to whom wallets send part of their order flow exclusively."""

from __future__ import annotations

import math

from agents.builders.base import Builder
from agents.means.order_flow import restricted
from market.access.observation import BlockView
from market.access.protocols import Bid
from market.access.seat import Seat


class ExclusiveFlow(Builder):
    """Bids what the block is worth to those without its exclusive flow, and a share of what that flow adds.

    Under a visibility that knows exclusive deals (`exclusive`) it alone receives a share of the users' private intents;
    elsewhere it has nothing to hold back and bids value less the margin.
    Source: S. Yang, K. Nayak and F. Zhang (2024), Decentralization of Ethereum's builder market, arXiv 2405.01329.

    Parameters
    ----------
    exclusive_share
        share of users' intents under contract [1]
    pass_on
        share of what the exclusive flow adds that it bids away [1]
    margin
        share of the rest kept [1]
    sandwich
        whether it front-runs users
    """

    contract: tuple[float, float] = (1.0, 1.0)
    """Which draws of users' intents are its own: assigned by the market when it opens, empty where there are none."""

    def __init__(
        self,
        seat: Seat,
        exclusive_share: float = 0.1,
        pass_on: float = 0.3,
        margin: float = 0.005,
        sandwich: bool = True,
    ) -> None:
        super().__init__(seat, sandwich=sandwich)
        for name, share in (("exclusive_share", exclusive_share), ("pass_on", pass_on), ("margin", margin)):
            if not 0.0 <= share <= 1.0:
                raise ValueError(f"{name} must lie in [0, 1], not {share}")
        self.exclusive_share, self.pass_on, self.margin = exclusive_share, pass_on, margin

    def build(self, seen: BlockView) -> Bid:
        """Offer a block and a bid that does not give the exclusive flow away."""
        low, high = self.contract
        own = (seen.due["route"] >= low) & (seen.due["route"] < high)
        # what it packs last is what it expects to be held to: the block that it offers
        common = self.pack(restricted(seen, ~own))[1] if own.any() else math.inf
        arrangement, value = self.pack(seen)
        common = min(value, common)
        worth = common + self.pass_on * (value - common)
        return Bid(arrangement, max(0.0, worth * (1.0 - self.margin)), value)
