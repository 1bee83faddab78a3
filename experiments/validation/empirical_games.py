"""Equilibria, replicator dynamics and alpha-rank of games whose answers are known.

Sources: M. Wellman (2006), Methods for empirical game-theoretic analysis, AAAI; S. Omidshafiei et al. (2019),
alpha-Rank: multi-agent evaluation by evolution, Scientific Reports 9.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from agents.learning import draws
from agents.learning.fictitious_play import play
from experiments.equilibrium import alpha_rank, evolve, exact_nash_conv, nash_conv, support_enumeration
from experiments.validation._rows import row

ID = "A12"
TITLE = "Empirical game theory: Nash, replicator, alpha-rank, NashConv"

PENNIES = np.array([[1.0, -1.0], [-1.0, 1.0]])
SCISSORS = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
HAWK_DOVE = np.array([[-1.0, 2.0], [0.0, 1.0]])  # prize 2, cost of a fight 4
STAG_HUNT = np.array([[4.0, 1.0], [3.0, 3.0]])
SEXES = np.array([[2.0, 0.0], [0.0, 1.0]])
EXACT, RANK, LEARNED = 1e-9, 0.0005, 0.02


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` changes nothing."""
    yield from _nash()
    yield from _dynamics()
    yield from _nash_conv()


def _nash() -> Iterator[dict[str, Any]]:
    (found,) = support_enumeration(PENNIES, -PENNIES)
    yield row(ID, "matching pennies", "Nash, first action", 0.5, found.row[0], EXACT)
    (found,) = support_enumeration(SCISSORS, -SCISSORS)
    for k, name in enumerate(("rock", "paper", "scissors")):
        yield row(ID, "rock-paper-scissors", f"Nash, {name}", 1 / 3, found.row[k], EXACT)
    found = support_enumeration(SEXES, SEXES[::-1, ::-1])
    yield row(ID, "battle of the sexes", "number of equilibria", 3, len(found), 0)
    yield row(ID, "battle of the sexes", "mixed, own favourite", 2 / 3, found[-1].row[0], EXACT)
    yield row(ID, "battle of the sexes", "mixed, rival's favourite", 1 / 3, found[-1].column[0], EXACT)
    mixed = [e for e in support_enumeration(HAWK_DOVE, HAWK_DOVE.T) if 0 < e.row[0] < 1]
    yield row(ID, "hawk-dove V=2 C=4", "Nash, hawks", 0.5, mixed[0].row[0], EXACT)
    row_play, _ = play(SCISSORS, -SCISSORS, 200_000, draws.stream(1))
    yield row(ID, "rock-paper-scissors", "fictitious play, rock", 1 / 3, row_play[0], LEARNED)


def _dynamics() -> Iterator[dict[str, Any]]:
    path = evolve(SCISSORS, np.array([0.5, 0.3, 0.2]))
    yield row(ID, "rock-paper-scissors", "replicator, x1 x2 x3", 0.03, path[-1].prod(), 1e-9)
    yield row(ID, "hawk-dove V=2 C=4", "replicator, hawks", 0.5, evolve(HAWK_DOVE, np.array([0.1, 0.9]))[-1, 0], 1e-6)
    for k, name in enumerate(("rock", "paper", "scissors")):
        yield row(ID, "rock-paper-scissors", f"alpha-rank, {name}", 1 / 3, alpha_rank(SCISSORS)[k], EXACT)
    for k, (name, expected) in enumerate((("stag", 0.069), ("hare", 0.931))):
        found = alpha_rank(STAG_HUNT, population=50, alpha=0.1)[k]
        yield row(ID, "stag hunt m=50 alpha=.1", f"alpha-rank, {name}", expected, found, RANK)


def _nash_conv() -> Iterator[dict[str, Any]]:
    half, tilted = np.array([0.5, 0.5]), np.array([0.75, 0.25])
    yield row(
        ID, "matching pennies", "NashConv of (1/2, 1/2)", 0.0, exact_nash_conv([PENNIES, -PENNIES], [half, half]), EXACT
    )
    # Against (3/4, 1/4) the second player gains 1/2 by always mismatching; the first, facing (1/2, 1/2), gains nothing.
    found = exact_nash_conv([PENNIES, -PENNIES], [tilted, half])
    yield row(ID, "matching pennies", "NashConv of (3/4, 1/4)", 0.5, found, EXACT)

    def simulated(profile, seed):
        rng = np.random.default_rng(seed)
        first, second = (rng.random(400) >= chance for chance in profile)
        payoff = np.where(first == second, 1.0, -1.0).mean()
        return np.array([payoff, -payoff])

    conv = nash_conv(simulated, (0.75, 0.5), [(0.0, 0.5, 1.0)] * 2, range(200))
    yield row(
        ID, "matching pennies", "simulated NashConv", 0.5, conv.value, 4 * conv.standard_error, conv.standard_error
    )
