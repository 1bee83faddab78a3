"""A builder that shades its bid as the equilibrium of a first-price auction with independent private values asks."""

from __future__ import annotations

import numpy as np

from agents.builders.base import Builder
from agents.means.order_flow import gossiped, restricted
from market.access.observation import BlockView
from market.access.protocols import Bid
from market.access.seat import Seat


class EquilibriumShading(Builder):
    """Bids all of what everybody can reach, and of what only it may have, what the best rival is expected to have.

    With n bidders whose private parts D have distribution F the equilibrium bid is D - int_0^D (F(x)/F(D))^(n-1) dx on
    top of the common part. F is estimated by the private parts that it had itself, as shares of the block.
    Source: V. Krishna (2010), Auction Theory, chapter 2.

    Parameters
    ----------
    rivals
        number of other builders; negative: those that there are [1]
    gossip
        share of users' intents that all builders receive [1]
    memory
        number of past blocks that the distribution is estimated from [1]
    sandwich
        whether it front-runs users
    """

    def __init__(
        self,
        seat: Seat,
        rivals: int = -1,
        gossip: float = 0.6,
        memory: int = 512,
        sandwich: bool = True,
    ) -> None:
        super().__init__(seat, sandwich=sandwich)
        if not (0.0 <= gossip <= 1.0 and memory >= 2):
            raise ValueError(f"gossip must lie in [0, 1] and memory be at least 2, not {gossip} and {memory}")
        self._rivals, self.gossip = rivals if rivals >= 0 else seat.seats - 1, gossip
        self._past = np.zeros(memory)
        self._blocks = 0

    def build(self, seen: BlockView) -> Bid:
        """Offer a block and the shaded bid."""
        shared = gossiped(seen, self.gossip)
        # what it packs last is what it expects to be held to: the block that it offers
        common = np.inf if shared.all() else self.pack(restricted(seen, shared))[1]
        arrangement, value = self.pack(seen)
        common = min(value, common)
        return Bid(arrangement, self.shaded(common, value), value)

    def shaded(self, common: float, value: float) -> float:
        """Bid for a block worth `value`, of which rivals can reach `common` [USD]."""
        if value <= 0.0:
            return 0.0
        rivals = self._rivals
        own = 1.0 - max(common, 0.0) / value
        self._past[self._blocks % self._past.size] = own
        self._blocks += 1
        past = np.sort(self._past[: self._blocks])
        below = past[: np.searchsorted(past, own, side="right")]
        # int_0^D (F(x)/F(D))^(n-1) dx over the steps of the empirical F
        ends = np.append(below, own)
        heights = np.arange(1, below.size + 1) / below.size
        kept = float((np.diff(ends) * heights**rivals).sum()) if rivals > 0 else own
        return value * (1.0 - kept)
