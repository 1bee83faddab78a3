"""All-pay auction with complete information.

Sources: A. Hillman and J. Riley (1989), Politically contestable rents and transfers, Economics & Politics 1; M. Baye,
D. Kovenock and C. de Vries (1996), The all-pay auction with complete information, Economic Theory 8.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.games import contest, sealed_bid
from experiments.validation._rows import mean_and_error, row

ID = "A2"
TITLE = "All-pay auction with complete information"

DRAWS = 400_000
TOLERANCE = 0.005  # of means in the exact equilibrium, in units of the prize
LEARNED = 0.02  # of means of learned play, whose grid of bids is .01 wide
NASH_CONV = 0.01


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` leaves out the larger numbers of bidders."""
    for n in (2, 5) if quick else (2, 3, 5, 10):
        yield from _exact(n)
    yield from _exact_unequal()
    yield from _learned((1.0, 1.0), "V = 1, 1", (0.5, 0.5), 1.0, (0.0, 0.0))
    # The stronger bids uniformly on [0, V2]; the weaker does so with probability V2/V1 and else bids nothing.
    yield from _learned((1.0, 0.6), "V = 1, .6", (0.3, 0.18), 0.48, (0.4, 0.0))


def _exact(n: int) -> Iterator[dict[str, Any]]:
    case, prize = f"n={n} exact mixture", np.ones(n)
    # F(b) = b^(1/(n-1)), drawn by inversion from exactly even margins.
    bids = sealed_bid.uniform_values(DRAWS, n, seed=n) ** (n - 1)
    played = sealed_bid.play("all_pay", np.broadcast_to(prize, bids.shape), bids)
    mean, error = mean_and_error(bids[:, 0])
    yield row(ID, case, "mean bid", 1 / n, mean, TOLERANCE, error)
    mean, error = mean_and_error(played.revenue)
    yield row(ID, case, "revenue", 1.0, mean, TOLERANCE, error)
    mean, error = mean_and_error(bids.max(axis=1))
    yield row(ID, case, "mean highest bid", n / (2 * n - 1), mean, TOLERANCE, error)
    mean, error = mean_and_error(played.payoffs[:, 0])
    yield row(ID, case, "payoff", 0.0, mean, TOLERANCE, error)
    wins, pays = sealed_bid.interim("all_pay", np.linspace(0, 1, 101)[1:], bids[:100_000, 1:])
    yield row(ID, case, "payoff of the best bid", 0.0, (wins - pays).max(), NASH_CONV)


def _exact_unequal() -> Iterator[dict[str, Any]]:
    case, strong, weak = "V = 1, .6 exact mixture", 1.0, 0.6
    # The strong bids uniformly on [0, .6]; the weak does so with probability .6 and bids nothing otherwise.
    draws = sealed_bid.uniform_values(DRAWS, 2, seed=7)
    bids = np.column_stack([weak * draws[:, 0], np.maximum(0.0, strong * (draws[:, 1] - 1 + weak / strong))])
    played = sealed_bid.play("all_pay", np.broadcast_to([strong, weak], bids.shape), bids)
    mean, error = mean_and_error(played.revenue)
    yield row(ID, case, "revenue", 0.48, mean, TOLERANCE, error)
    for player, expected in enumerate((0.4, 0.0)):
        mean, error = mean_and_error(played.payoffs[:, player])
        yield row(ID, case, f"payoff of bidder {player + 1}", expected, mean, TOLERANCE, error)


def _learned(
    prizes: tuple[float, ...], case: str, mean_bids: tuple[float, ...], revenue: float, payoffs: tuple[float, ...]
) -> Iterator[dict[str, Any]]:
    grid, case = np.linspace(0.0, 1.0, 101), f"{case} learned"
    strategies = contest.learn_mixed("all_pay", np.array(prizes), grid, rounds=1_000_000, seed=1)
    bids = contest.sample(strategies, grid, DRAWS, seed=2)
    played = sealed_bid.play("all_pay", np.broadcast_to(prizes, bids.shape), bids)
    mean, error = mean_and_error(played.revenue)
    yield row(ID, case, "revenue", revenue, mean, LEARNED, error)
    conv = 0.0
    for player, prize in enumerate(prizes):
        mean, error = mean_and_error(bids[:, player])
        yield row(ID, case, f"mean bid of bidder {player + 1}", mean_bids[player], mean, LEARNED, error)
        mean, error = mean_and_error(played.payoffs[:, player])
        yield row(ID, case, f"payoff of bidder {player + 1}", payoffs[player], mean, LEARNED, error)
        wins, pays = sealed_bid.interim("all_pay", grid, np.delete(bids, player, axis=1)[:100_000])
        utility = prize * wins - pays
        conv += float(utility.max() - strategies[player] @ utility)
    yield row(ID, case, "NashConv", 0.0, conv, NASH_CONV)
