"""The published experiments on the bidding war of block builders, one by one.

Source: F. Wu, T. Thiery, S. Leonardos and C. Ventre (2023), Strategic bidding wars in on-chain auctions, arXiv
2312.14510, and its public data.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents import bidding
from experiments.games.bidding_war import BiddingWar, Outcome, simulate
from experiments.validation._rows import mean_and_error, row

ID = "A6"
TITLE = "The MEV-Boost bidding war"

AUCTIONS = 10_000
RATE, SMALL_RATE = 0.02, 0.012  # tolerance of a win rate, and of a single bidder's below .1
EFFICIENCY = 0.004
PROFIT = 0.0001  # ether, the standard deviation of the margin that a winner keeps
BLUFF_PROFIT = 0.01  # ether; a bluffer that wins pays .3 to .4 for a heavy-tailed block


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; always all set-ups with 10,000 auctions each, which take seconds."""
    ten = (bidding.NAIVE,) * 10
    access = tuple(0.80 + 0.02 * i for i in range(10))
    published = (0.0023, 0.0027, 0.0075, 0.0101, 0.0206, 0.0364, 0.0685, 0.1258, 0.2319, 0.4942)
    yield from _single("10 naive, access .80-.98", BiddingWar(ten, (1,) * 10, access), published, 0.9395)
    published = (0.1106, 0.1115, 0.1002, 0.1038, 0.1016, 0.0983, 0.0963, 0.0944, 0.0950, 0.0883)
    game = BiddingWar(ten, tuple(range(1, 11)), (0.8,) * 10, global_delay=1)
    yield from _single("10 naive, delay 1-10", game, published, 0.9179)

    last_minute, bluff, stealth = bidding.LAST_MINUTE, bidding.BLUFF, bidding.STEALTH
    yield from _groups(
        "4+4+4 last-minute, delay 4",
        _mixed(last_minute, 4, 1, 0.0),
        "last-minute",
        (0.3611, 0.2039, 0.4350),
        (0.006539, 0.006694, 0.006555),
    )
    yield from _groups("4+4+4 bluff, delay 4", _mixed(bluff, 4, 1, 0.0), "bluff", (0.3377, 0.3304, 0.3319))
    yield from _groups("4+4+4 stealth, random end", _mixed(stealth, 1, 0, 0.05), "stealth", (0.4341, 0.3888, 0.1771))
    yield from _groups(
        "4+4+4 bluff, random end",
        _mixed(bluff, 1, 0, 0.05),
        "bluff",
        (0.1804, 0.1726, 0.6470),
        (None, None, -0.193),
    )


def _mixed(late: int, global_delay: int, epsilon: int, length_sd_s: float) -> BiddingWar:
    rules = (bidding.NAIVE,) * 4 + (bidding.ADAPTIVE,) * 4 + (late,) * 4
    return BiddingWar(rules, (1,) * 12, global_delay=global_delay, epsilon=epsilon, length_sd_s=length_sd_s)


def _win_rate(outcome: Outcome, group: Sequence[int]) -> tuple[np.ndarray, float, float]:
    won = np.isin(outcome.winner, group)
    return won, *mean_and_error(won)


def _single(case: str, game: BiddingWar, published: Sequence[float], efficiency: float) -> Iterator[dict[str, Any]]:
    outcome, _ = simulate(game, AUCTIONS, seed=1)
    for bidder, expected in enumerate(published):
        _, rate, error = _win_rate(outcome, [bidder])
        tolerance = SMALL_RATE if expected < 0.1 else RATE
        yield row(ID, case, f"win rate of bidder {bidder}", expected, rate, tolerance, error)
    yield row(ID, case, "median efficiency", efficiency, float(np.median(outcome.efficiency)), EFFICIENCY)


def _groups(
    case: str,
    game: BiddingWar,
    late: str,
    rates: Sequence[float],
    profits: Sequence[float | None] = (None, None, None),
) -> Iterator[dict[str, Any]]:
    outcome, _ = simulate(game, AUCTIONS, seed=1)
    for k, name in enumerate(("naive", "adaptive", late)):
        won, rate, error = _win_rate(outcome, range(4 * k, 4 * k + 4))
        yield row(ID, case, f"win rate of {name}", rates[k], rate, RATE, error)
        expected = profits[k]
        if expected is not None:
            mean, error = mean_and_error(outcome.profit[won])
            tolerance = PROFIT if expected > 0 else BLUFF_PROFIT
            yield row(ID, case, f"profit per win of {name}", expected, mean, tolerance, error)
