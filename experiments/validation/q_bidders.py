"""Q-learning bidders in first-price and second-price auctions.

Source: M. Banchio and A. Skrzypacz (2022), Artificial intelligence and auction design, arXiv 2202.05947.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.games.auction_learning import RepeatedAuction, learn
from experiments.validation._rows import mean_and_error, row

ID = "A7"
TITLE = "Q-learning bidders collude in first-price auctions only"

AUCTIONS = 1_000_000


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer: 100 seeds each, 30 when `quick`."""
    seeds = 30 if quick else 100
    price, error = mean_and_error(_prices(RepeatedAuction("first_price"), seeds))
    yield row(ID, "first price, discount .99", "mean winning bid", 0.25, price, 0.10, error)
    price, error = mean_and_error(_prices(RepeatedAuction("second_price"), seeds))
    yield row(ID, "second price, discount .99", "mean winning bid", 0.95, price, 0.02, error)
    # Impatient bidders end in one of the two static equilibria of this grid, at .90 or .95.
    price, error = mean_and_error(_prices(RepeatedAuction("first_price", discount=0.0), seeds))
    yield row(ID, "first price, discount 0", "mean winning bid", 0.95, price, 0.05, error)


def _prices(game: RepeatedAuction, seeds: int) -> np.ndarray:
    return np.array([learn(game, AUCTIONS, seed).highest_bid for seed in range(seeds)])
