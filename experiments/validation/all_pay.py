"""All-pay auction with complete information: builders bid for blocks of known worth in the market's own auction.

Sources: A. Hillman and J. Riley (1989), Politically contestable rents and transfers, Economics & Politics 1; M. Baye,
D. Kovenock and C. de Vries (1996), The all-pay auction with complete information, Economic Theory 8.

Bids follow F(b) = (b / V)^(1 / (n - 1)), or what learners of regret matching end with. What is won and paid is read off
the ledger. Of two bidders with different values the stronger has a contract for part of the order flow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.games import contest, sealed_bid
from experiments.validation._prizes import builder, earned, prizes
from experiments.validation._rows import mean_and_error, row, three_errors
from market.config import AgentConfig

ID = "A2"
TITLE = "All-pay auction with complete information"

BLOCKS, QUICK_BLOCKS = 10_000, 1_000
POINTS = 200  # equally likely bids that stand for a continuous law
STEP = 0.01  # of the grid on which bids are learned, whose equilibrium is that far from the continuous one
DRAWS = 100_000
NASH_CONV = 0.01  # no standard error comes with what a learner ends at; this is what is accepted
WEAK = 0.6
ALL_PAY = {"kind": "all_pay"}


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` leaves out the larger numbers of bidders and sells fewer blocks."""
    blocks = QUICK_BLOCKS if quick else BLOCKS
    for n in (2, 5) if quick else (2, 3, 5, 10):
        yield from _exact(n, blocks)
        for bid in (0.5,) if quick else (0.25, 0.5, 1.0):
            yield _indifferent(n, bid, blocks)
    middles = (np.arange(POINTS) + 0.5) / POINTS
    # The strong bids uniformly on [0, .6]; the weak does so with probability .6 and bids nothing otherwise.
    weak = builder("mixed_margin", margins=(1.0, *(1.0 - middles)), weights=((1.0 - WEAK, *[WEAK / POINTS] * POINTS),))
    yield from _unequal("V = 1, .6 exact mixture", [_strong(1.0 - WEAK * middles), weak], blocks, 0.0, seed=2)
    yield from _learned((1.0, 1.0), (0.5, 0.5), blocks)
    yield from _learned((1.0, WEAK), (0.3, 0.18), blocks)


def _paid(gained: np.ndarray, prize: float = 1.0) -> np.ndarray:
    """Read what each paid off what each gained: whoever wins pays no more than the prize, whoever loses has none."""
    return np.where(gained > 0.0, prize, 0.0) - gained


def _mixer(n: int) -> AgentConfig:
    """A builder that bids the exact mixture for a block of value 1, drawn by inversion."""
    bids = ((np.arange(POINTS) + 0.5) / POINTS) ** (n - 1)
    return builder("mixed_margin", margins=tuple(1.0 - bids), sandwich=False)


def _mean(case: str, statistic: str, expected: float, sample: np.ndarray, allowed: float = 0.0) -> dict[str, Any]:
    mean, error = mean_and_error(sample)
    return row(ID, case, statistic, expected, mean, three_errors(error) + allowed, error)


def _exact(n: int, blocks: int) -> Iterator[dict[str, Any]]:
    case = f"n={n} exact mixture"
    gained = earned(prizes(ALL_PAY, [_mixer(n)] * n, blocks, seed=n), blocks)
    paid = _paid(gained)
    yield _mean(case, "mean bid", 1 / n, paid[:, 0])
    yield _mean(case, "revenue", 1.0, paid.sum(axis=1))
    yield _mean(case, "mean highest bid", n / (2 * n - 1), paid.max(axis=1))
    yield _mean(case, "payoff", 0.0, gained[:, 0])


def _indifferent(n: int, bid: float, blocks: int) -> dict[str, Any]:
    """One row: whoever always bids the same against the others' mixture earns nothing either."""
    fixed = builder("naive", margin=1.0 - bid, sandwich=False)
    gained = earned(prizes(ALL_PAY, [fixed, *[_mixer(n)] * (n - 1)], blocks, seed=100 + n), blocks)
    return _mean(f"n={n} {bid:g} against mixtures", "payoff", 0.0, gained[:, 0])


def _strong(margins: Sequence[float] | np.ndarray, weights: tuple[Any, ...] = ()) -> AgentConfig:
    """Whoever has the contract for what makes a block worth 1 rather than .6."""
    return builder(
        "experiments.validation._prizes:Contracted", exclusive_share=0.5, margins=tuple(margins), weights=weights
    )


def _unequal(
    case: str, bidders: Sequence[AgentConfig], blocks: int, allowed: float, seed: int
) -> Iterator[dict[str, Any]]:
    """Two bidders of whom the first values a block at 1 and the second at .6."""
    gained = earned(prizes(ALL_PAY, bidders, blocks, seed, exclusive=1.0 - WEAK), blocks)
    paid = np.column_stack([_paid(gained[:, 0]), _paid(gained[:, 1], WEAK)])
    yield _mean(case, "revenue", 0.48, paid.sum(axis=1), 2.0 * allowed)
    for player, (bid, payoff) in enumerate(((0.3, 0.4), (0.18, 0.0))):
        yield _mean(case, f"mean bid of bidder {player + 1}", bid, paid[:, player], allowed)
        yield _mean(case, f"payoff of bidder {player + 1}", payoff, gained[:, player], allowed)


def _learned(values: tuple[float, float], mean_bids: tuple[float, float], blocks: int) -> Iterator[dict[str, Any]]:
    """Mixtures that regret matching ends with under the market's own rule, then bid in its auction."""
    case = f"V = {values[0]:g}, {values[1]:g} learned"
    # a million rounds of the rule alone take seconds; only what they end with can be afforded a market
    grid = np.arange(0.0, values[1] + STEP / 2, STEP).clip(max=values[1])
    mixtures = contest.learn_mixed("all_pay", np.array(values), grid, rounds=1_000_000, seed=1)
    weights = [(tuple(own),) for own in mixtures]
    second = builder("mixed_margin", margins=tuple(1.0 - grid / values[1]), weights=weights[1], sandwich=False)
    if values[0] > values[1]:
        yield from _unequal(case, [_strong(1.0 - grid, weights[0]), second], blocks, STEP, seed=9)
    else:
        first = builder("mixed_margin", margins=tuple(1.0 - grid), weights=weights[0], sandwich=False)
        gained = earned(prizes(ALL_PAY, [first, second], blocks, seed=8), blocks)
        paid = _paid(gained)
        yield _mean(case, "revenue", 1.0, paid.sum(axis=1), 2.0 * STEP)
        for player, expected in enumerate(mean_bids):
            yield _mean(case, f"mean bid of bidder {player + 1}", expected, paid[:, player], STEP)
            yield _mean(case, f"payoff of bidder {player + 1}", 0.0, gained[:, player], STEP)
    bids, conv = contest.sample(mixtures, grid, DRAWS, seed=2), 0.0
    for player, value in enumerate(values):
        wins, pays = sealed_bid.interim("all_pay", grid, np.delete(bids, player, axis=1))
        utility = value * wins - pays
        conv += float(utility.max() - mixtures[player] @ utility)
    yield row(ID, case, "NashConv", 0.0, conv, NASH_CONV)
