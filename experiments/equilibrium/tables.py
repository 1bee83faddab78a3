"""Empirical payoff tables: simulated payoffs of every profile of strategies, and the equilibria of the table.

Source: M. Wellman (2006), Methods for empirical game-theoretic analysis, AAAI; the equilibria by support enumeration:
R. Porter, E. Nudelman and Y. Shoham (2008), Simple search methods for finding a Nash equilibrium, Games and Economic
Behavior 63.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, product
from typing import Any

import numpy as np

from experiments.equilibrium.regret import Evaluate


@dataclass(frozen=True)
class Equilibrium:
    """A Nash equilibrium in mixed strategies of two players, and their payoffs."""

    row: np.ndarray
    column: np.ndarray
    payoffs: tuple[float, float]


def payoff_table(
    evaluate: Evaluate, strategies: Sequence[Sequence[Any]], seeds: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate every profile of strategies on the same seeds.

    Parameters
    ----------
    evaluate : callable
        `evaluate(profile, seed)` returns the payoff of every player.
    strategies : sequence of length n of sequences
        The k_i strategies that player i may follow.
    seeds : sequence of int
        At least two.

    Returns
    -------
    means, standard_errors : (n, k_1, ..., k_n) arrays of float
        Payoff of each player by profile.
    """
    shape = tuple(len(own) for own in strategies)
    means, errors = np.empty((len(shape), *shape)), np.empty((len(shape), *shape))
    for index in np.ndindex(*shape):
        profile = tuple(own[k] for own, k in zip(strategies, index, strict=True))
        runs = np.array([evaluate(profile, seed) for seed in seeds])
        means[(slice(None), *index)] = runs.mean(axis=0)
        errors[(slice(None), *index)] = runs.std(axis=0, ddof=1) / np.sqrt(len(seeds))
    return means, errors


def symmetric_table(
    evaluate: Evaluate, strategies: Sequence[Any], players: int, seeds: Sequence[int]
) -> dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]]:
    """Simulate a symmetric game: profiles that differ only in who plays what are run once.

    Returns
    -------
    dict
        By sorted tuple of strategy indices (players,), the mean payoff and standard error by strategy, (k,), NaN for
        strategies that nobody follows in that profile.
    """
    table = {}
    for counts in combinations_with_replacement(range(len(strategies)), players):
        profile = tuple(strategies[k] for k in counts)
        runs = np.array([evaluate(profile, seed) for seed in seeds])
        mean, error = np.full(len(strategies), np.nan), np.full(len(strategies), np.nan)
        for k in set(counts):
            own = runs[:, np.array(counts) == k].mean(axis=1)
            mean[k], error[k] = own.mean(), own.std(ddof=1) / np.sqrt(len(seeds))
        table[counts] = mean, error
    return table


def support_enumeration(row: np.ndarray, column: np.ndarray, tolerance: float = 1e-9) -> list[Equilibrium]:
    """All Nash equilibria of a bimatrix game with supports of equal size; complete for nondegenerate games.

    Parameters
    ----------
    row, column : (a, b) array of float
        Payoffs of the row and of the column player.
    tolerance : float
        Slack relative to the range of payoffs.
    """
    row, column = np.asarray(row, dtype=float), np.asarray(column, dtype=float)
    slack = tolerance * max(np.ptp(row), np.ptp(column), 1e-300)
    found = []
    for size in range(1, min(row.shape) + 1):
        for mine, theirs in product(combinations(range(row.shape[0]), size), combinations(range(row.shape[1]), size)):
            y = _indifference(row[np.ix_(mine, theirs)])
            x = _indifference(column[np.ix_(mine, theirs)].T)
            if x is None or y is None:
                continue
            full_x, full_y = np.zeros(row.shape[0]), np.zeros(row.shape[1])
            full_x[list(mine)], full_y[list(theirs)] = x, y
            u, v = row @ full_y, full_x @ column
            if u.max() <= u[mine[0]] + slack and v.max() <= v[theirs[0]] + slack:
                found.append(Equilibrium(full_x, full_y, (float(full_x @ u), float(v @ full_y))))
    return found


def _indifference(payoffs: np.ndarray) -> np.ndarray | None:
    """Opponent's positive mixture that makes all rows equally good; None when there is none or it is not unique."""
    size = payoffs.shape[0]
    system = np.zeros((size + 1, size + 1))
    system[:size, :size], system[:size, size], system[size, :size] = payoffs, -1.0, 1.0
    target = np.zeros(size + 1)
    target[size] = 1.0
    if np.linalg.matrix_rank(system) <= size:
        return None
    mixture = np.linalg.solve(system, target)[:size]
    return mixture if (mixture > 0).all() else None
