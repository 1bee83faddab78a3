"""Tullock contests.

Source: G. Tullock (1980), Efficient rent seeking, in Toward a Theory of the Rent-Seeking Society.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from agents.learning import draws
from experiments.games import contest
from experiments.validation._rows import row

ID = "A3"
TITLE = "Tullock contests and first-come races with copies"

RELATIVE = 0.02  # tolerance relative to the equilibrium effort


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` leaves out half of the contests."""
    cases = [(2, 0.5, 1.0), (2, 1.0, 1.0), (3, 1.0, 1.0), (5, 1.0, 1.0), (2, 2.0, 1.0), (3, 1.5, 1.0), (3, 1.0, 7.0)]
    for n, r, prize in cases[:4] if quick else cases:
        case = f"n={n} r={r} V={prize:g}"
        effort = contest.learn_effort(np.full(n, prize), r, 600, 2000, 0.1, 0.1, draws.stream(n))
        expected = (n - 1) * r * prize / n**2
        yield row(ID, case, "learned effort of one", expected, effort[0], RELATIVE * expected)
        yield row(ID, case, "total effort", n * expected, effort.sum(), RELATIVE * n * expected)
        payoff = prize * contest.lottery_chance(effort, r, 100_000, 0.5)[0] - effort[0]
        # An effort that is off by 2% moves the payoff by as much of the effort, and the chance to win by as much of the
        # prize.
        yield row(ID, case, "payoff", prize * (n - r * (n - 1)) / n**2, payoff, RELATIVE * (expected + prize / n))
    yield from _copies(100_000 if quick else 400_000)


def _copies(races: int) -> Iterator[dict[str, Any]]:
    """A first-come race among copies in random order against the lottery, and its equilibrium number of copies."""
    copies = np.array([5, 3, 2])
    raced = contest.copies_race(copies, races, seed=1)
    drawn = contest.lottery_chance(copies.astype(float), 1.0, 100_000, 0.5)
    for sender, share in enumerate((0.5, 0.3, 0.2)):
        error = (share * (1 - share) / races) ** 0.5
        case = f"{copies[sender]} of 10 copies"
        yield row(ID, case, "share of races won", share, raced[sender], 4 * error, error)
        yield row(ID, case, "share of lotteries won", share, drawn[sender], 1e-4)
    n, prize, cost = 3, 1.0, 0.001
    outlay = contest.learn_effort(np.full(n, prize), 1.0, 600, 2000, 0.1, 0.1, draws.stream(9))
    expected = (n - 1) * prize / (n * cost)
    yield row(ID, "n=3 cost .001 a copy", "total copies", expected, np.round(outlay / cost).sum(), RELATIVE * expected)
