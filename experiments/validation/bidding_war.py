"""The published experiments on the bidding war of block builders, one by one.

Source: F. Wu, T. Thiery, S. Leonardos and C. Ventre (2023), Strategic bidding wars in on-chain auctions, arXiv
2312.14510, and its public data.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.games.bidding_war import simulate
from experiments.games.published_wars import AUCTIONS, WARS, PublishedWar
from experiments.validation._rows import mean_and_error, row

ID = "A6"
TITLE = "The MEV-Boost bidding war"

RATE, SMALL_RATE = 0.02, 0.012  # tolerance of a win rate, and of a single bidder's below .1
EFFICIENCY = 0.004
PROFIT = 0.0001  # ether, the standard deviation of the margin that a winner keeps
BLUFF_PROFIT = 0.01  # ether; a bluffer that wins pays .3 to .4 for a heavy-tailed block


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; always all set-ups with 10,000 auctions each, which take seconds."""
    for war in WARS:
        yield from _war(war)


def _war(war: PublishedWar) -> Iterator[dict[str, Any]]:
    outcome, _ = simulate(war.game, AUCTIONS, seed=1)
    for group, members, expected, profit in zip(war.groups, war.members, war.rates, war.profits, strict=True):
        won = np.isin(outcome.winner, members)
        rate, error = mean_and_error(won)
        tolerance = SMALL_RATE if len(members) == 1 and expected < 0.1 else RATE
        yield row(ID, war.name, f"win rate of {group}", expected, rate, tolerance, error)
        if profit is not None:
            mean, error = mean_and_error(outcome.profit[won])
            tolerance = PROFIT if profit > 0 else BLUFF_PROFIT
            yield row(ID, war.name, f"profit per win of {group}", profit, mean, tolerance, error)
    if war.efficiency is not None:
        median = float(np.median(outcome.efficiency))
        yield row(ID, war.name, "median efficiency", war.efficiency, median, EFFICIENCY)
