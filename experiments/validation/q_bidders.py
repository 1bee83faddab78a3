"""Q-learning bidders in first-price and second-price auctions.

Source: M. Banchio and A. Skrzypacz (2022), Artificial intelligence and auction design, arXiv 2202.05947. Learners who
hear only what their own bid earned pay .25 of the value in first-price auctions (sd .09 over 100 runs) and .95 in
second-price ones; who hear what every bid would have earned (counterfactual feedback) compete in both. Where they
compete they end in one of the two static equilibria of the grid: both bid .90, or both .95.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.games.auction_learning import RepeatedAuction, learn
from experiments.validation._rows import mean_and_error, row, three_errors

ID = "A7"
TITLE = "Q-learning bidders collude in first-price auctions, unless they learn what other bids would have earned"

AUCTIONS = 1_000_000
TOLD_AUCTIONS = 200_000  # that bidders need who learn of all bids in each
PUBLISHED = {"first_price": (0.25, 0.09 / np.sqrt(100)), "second_price": (0.95, 0.0)}  # mean revenue, its error
DIGIT = 0.01
EQUILIBRIA = (0.90, 0.95)


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer: 100 seeds each, 30 when `quick`; a fifth of that where bidders learn of all bids."""
    seeds = 30 if quick else 100
    for auction, (published, uncertain) in PUBLISHED.items():
        price, error = mean_and_error(_revenue(RepeatedAuction(auction), AUCTIONS, seeds))
        allowed = three_errors(error, uncertain, DIGIT)
        yield row(ID, f"{auction}, discount .99", "revenue", published, price, allowed, error)
    yield _competitive("first_price, discount 0", RepeatedAuction(discount=0.0), AUCTIONS, seeds)
    for auction in PUBLISHED:
        game = RepeatedAuction(auction, counterfactual=True)
        yield _competitive(f"{auction}, all bids learned of", game, TOLD_AUCTIONS, seeds // 5)


def _revenue(game: RepeatedAuction, auctions: int, seeds: int) -> np.ndarray:
    return np.array([learn(game, auctions, seed).revenue for seed in range(seeds)])


def _competitive(case: str, game: RepeatedAuction, auctions: int, seeds: int) -> dict[str, Any]:
    """One row: whether every run ends in a static equilibrium of the grid, without any allowance."""
    revenue = _revenue(game, auctions, seeds)
    reached = np.isclose(revenue[:, None], EQUILIBRIA, rtol=0.0, atol=1e-9).any(axis=1)
    return row(ID, case, "runs that end at .90 or .95", 1.0, reached.mean(), 0.0)
