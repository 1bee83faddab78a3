"""Timeboost as published: intents are ordered by a score of arrival and bid.

score = pi(m) - t, the highest first, with the arrival t, the bid m (the tip of the intent, of a bundle the sum) and
the advantage bought pi(m) = g m / (m + c) < g. Whoever is earlier by g or more comes first whatever the bid; a lag d
< g is made up by bidding m = c d / (g - d) more than nothing.

For that to hold across blocks too, the sequencer waits: an intent goes into a block once nobody who has yet to
arrive could score more, that is at t - pi(m) + g. Not to bid costs g of delay, bidding buys it back.
Source: Mamageishvili, Kelkar, Schlegel & Felten (2023), Buying time: latency racing vs. bidding for transaction
ordering, AFT (arXiv 2306.02179).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numba import njit
from pydantic import Field

from market.access.protocols import Arrangement
from market.intents.rows import Rows
from market.kernel.direct import bound
from market.sequencing.ordering.base import Ordering, untouched


@njit(cache=True)
def advantage(bid: float, longest: float, scale: float) -> float:
    """Time that a bid buys, pi(m) = g m / (m + c), at least 0 and less than `longest` = g [s]; `scale` = c [USD]."""
    return longest * bid / (bid + scale) if bid > 0.0 else 0.0


@njit(cache=True)
def score(arrival: float, bid: float, longest: float, scale: float) -> float:
    """Score pi(m) - t [s]."""
    return advantage(bid, longest, scale) - arrival


@njit(cache=True)
def scores(rows: Rows, longest: float, scale: float) -> np.ndarray:
    """Score of each row; a bundle has one, of its first member's arrival and the sum of its tips."""
    found = np.empty(rows.size)
    start = 0
    while start < rows.size:
        end, bid = start + 1, rows[start].tip
        while end < rows.size and rows[start].bundle >= 0 and rows[end].bundle == rows[start].bundle:
            bid += rows[end].tip
            end += 1
        found[start:end] = score(rows[start].arrival, bid, longest, scale)
        start = end
    return found


_scores = bound(scores)


class TimeboostScore(Ordering):
    """Latency-bid score, enforced by the regime."""

    kind: Literal["timeboost_score"] = "timeboost_score"
    only_orders: ClassVar[bool] = True
    heeds_tips: ClassVar[bool] = True
    longest_s: float = Field(
        0.5, gt=0, allow_inf_nan=False, description="g: least upper bound of the time that a bid can buy [s]"
    )
    scale_usd: float = Field(1.0, gt=0, allow_inf_nan=False, description="c: bid that buys half of it [USD]")

    def arrange(self, slot) -> tuple[Arrangement | None, object]:
        """Order by score what no later arrival can overtake; the rest waits."""
        found = _scores(slot.due, self.longest_s, self.scale_usd)
        order = np.argsort(-found, kind="stable")
        return untouched(order[-found[order] + self.longest_s <= slot.sealed_at]), None
