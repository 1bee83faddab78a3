"""A block is a batch: the swaps on each pool clear together at one price, the rest follows in random order.

Time within a batch counts for nothing. On each pool, all single swaps whose limits allow trade against each other
and, for what is left on one side, with the pool (:mod:`market.venues.batch`). Swaps that are part of a bundle depend
on other venues and cannot be cleared with the others: like every other intent they are executed after the clearing.
In the auction as proposed, an order may be taken back until the batch closes; here that needs `withdrawable`: what is
taken back in a batch, or replaced, then comes before everything else of it.
Source: Budish, Cramton & Shim (2015), The high-frequency trading arms race: frequent batch auctions as a market
design response, QJE 130(4); Canidio & Fritsch (2023), Arbitrageurs' profits, LVR, and sandwich attacks: batch
trading as an AMM design response (arXiv 2307.02074).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from market.access.protocols import Arrangement
from market.intents.rows import BATCHED
from market.sequencing.ordering.base import Ordering, first_come_order, untouched
from market.sequencing.ordering.cancel_first import cancellations
from market.sequencing.ordering.random_batch import shuffled
from market.venues import Kind


class UniformPriceBatch(Ordering):
    """Frequent batch auction, enforced by the regime."""

    kind: Literal["uniform_price_batch"] = "uniform_price_batch"
    withdrawable: bool = Field(
        False, description="whether what is taken back, or replaced, in a batch is not traded on in it"
    )

    def arrange(self, slot) -> tuple[Arrangement | None, object]:
        """Put single swaps first, pool by pool, and everything else in random order behind them.

        Where they count, cancellations come before all of it, in order of arrival: what somebody says last holds.
        """
        draws = slot.rng.random(slot.due.size)
        order = shuffled(slot.due, draws)
        ordered = slot.due[order]
        pool = np.where(_single_swap(ordered), ordered["venue"], np.iinfo(np.int64).max)
        order = order[np.argsort(pool, kind="stable")]
        if self.withdrawable:
            back, arrived = cancellations(slot.due), first_come_order(slot.due, draws)
            order = np.concatenate([arrived[back[arrived]], order[~back[order]]])
        return untouched(order), None

    def block(self, slot) -> np.ndarray:
        """Mark the swaps that clear together; the price is found when the block is executed."""
        rows = super().block(slot)
        rows["carried"][_single_swap(rows)] = BATCHED
        return rows


def _single_swap(rows: np.ndarray) -> np.ndarray:
    return (rows["kind"] == Kind.SWAP) & (rows["bundle"] < 0)
