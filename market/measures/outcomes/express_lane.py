"""How an express lane sells and is used, in regimes that have one.

What it can be compared with was measured on Arbitrum in 2025 (arXiv 2509.22143, 2511.18328): two winners take more than
nine rounds in ten, some 22% of what comes through the lane is reverted, the bid says little about what its minute turns
out to be worth, and the price falls from 63% to 15% of the highest bid.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from market.sequencing.ordering._rounds import Round
from market.sequencing.ordering.express_lane import ExpressLane

if TYPE_CHECKING:
    from market.model import SequencerMarket

FEWEST = 3
"""Rounds without which ranks say nothing."""


def report(market: SequencerMarket) -> dict[str, float | int]:
    """Outcomes of all lanes together, over the rounds that are over; none where the regime has no lane.

    Shares and ratios are nan where there is nothing to divide by. The effective number of bidders is the n for which n
    independent uniform values give second over highest bid the ratio found: (n - 1) / n in expectation, so 1 / (1 -
    ratio) (order statistics).
    """
    lanes = [domain.regime.ordering for domain in market.domains]
    lanes = [lane for lane in lanes if isinstance(lane, ExpressLane)]
    if not lanes:
        return {}
    over = [
        sold for lane in lanes for number, sold in lane.rounds.items() if (number + 1) * lane.round_s <= market.time
    ]
    highest, ratio = sum(sold.highest for sold in over), float("nan")
    if highest > 0.0:
        ratio = sum(sold.paid for sold in over) / highest
    sent = sum(sold.sent for sold in over)
    return {
        "lane_rounds": len(over),
        "lane_top_two_share": _top_two(over),
        "lane_reverted_share": sum(sold.reverted for sold in over) / sent if sent else float("nan"),
        "lane_bid_value_rank_correlation": rank_correlation(
            np.array([sold.highest for sold in over]), np.array([sold.gained for sold in over])
        ),
        "lane_paid_over_highest": ratio,
        "lane_effective_bidders": 1.0 / (1.0 - ratio) if ratio < 1.0 else float("nan"),
        "lane_rounds_resold": sum(sold.resold > 0 for sold in over),
        "lane_resale_usd": float(sum(sold.resale_usd for sold in over)),
    }


def _top_two(over: list[Round]) -> float:
    """Share of rounds that the two biggest winners bought; nan without rounds."""
    if not over:
        return float("nan")
    return sum(won for _, won in Counter(sold.winner for sold in over).most_common(2)) / len(over)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's rank correlation of two samples, equal values sharing their mean rank; nan where one is constant."""
    if first.size < FEWEST or np.ptp(first) == 0.0 or np.ptp(second) == 0.0:
        return float("nan")
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def _ranks(sample: np.ndarray) -> np.ndarray:
    _, place, count = np.unique(sample, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - 0.5 * (count - 1))[place]
