"""The base of builders."""

from __future__ import annotations

import numpy as np

from agents.base import StrategicAgent
from agents.insertion import insert
from agents.liquidators.sniping import ready_liquidations
from market.model import SequencerMarket
from market.observation import BlockView
from market.seats import Arrangement, Bid


class Builder(StrategicAgent):
    """Packs blocks and bids for having them sequenced; a subclass decides what to bid.

    Parameters
    ----------
    sandwich
        whether it front-runs users
    """

    role = "builder"

    def __init__(self, model: SequencerMarket, account: int, sandwich: bool = True) -> None:
        super().__init__(model, account)
        self.sandwich = sandwich

    def pack(self, seen: BlockView) -> tuple[Arrangement, float]:
        """Greedy best block, and what it is expected to earn: insertions and tips [USD]."""
        gas = float(seen.public.gas[list(seen.rollups)].max())
        forced, after = ready_liquidations(seen)
        ties = self.rng_own.random(seen.due.size)
        arrangement, gain, tips = insert(
            seen, cost_usd=2.0 * gas, ties=ties, forced=forced, forced_after=after, sandwich=self.sandwich
        )
        return arrangement, gain + tips + self._bonus(seen, forced)

    def _bonus(self, seen: BlockView, forced: np.ndarray) -> float:
        """Profit of the liquidations in the block: what the sale brings over what is repaid [USD]."""
        if not forced.size:
            return 0.0
        repaid, sold = forced[0::2], forced[1::2]
        income = sold["amount"] * seen.prices[sold["asset_in"]] * (1.0 - seen.public.outside_fee)
        return float((income - repaid["amount"] * seen.prices[repaid["asset_in"]]).sum())

    def build(self, seen: BlockView) -> Bid:
        """Offer a block."""
        arrangement, value = self.pack(seen)
        return Bid(arrangement, self.bid(value), value)

    def bid(self, value: float) -> float:
        """Return what to offer for a block worth `value` [USD]."""
        raise NotImplementedError

    def told(self, won: bool, paid: float, highest: float) -> None:
        """Hear how the auction ended [USD]."""
