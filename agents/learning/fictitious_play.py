"""Fictitious play: best reply to everything that the others have done so far.

With the payoffs of all actions summed over the past, the best reply to the empirical distribution of play is simply the
action with the largest sum. Source: G. Brown (1951), Iterative solution of games by fictitious play.
"""

import numpy as np
from numba import njit

from agents.learning import draws
from agents.learning.grid import GridLearner
from market.kernel.compiled import kernel


@kernel
def remember(sums: np.ndarray, payoffs: np.ndarray, memory: float) -> None:
    """Discount the sums by `memory` (1 is the original) and add the payoffs that each action would have earned."""
    for k in range(sums.size):
        sums[k] = memory * sums[k] + payoffs[k]


@njit(cache=True)
def play(row: np.ndarray, column: np.ndarray, rounds: int, stream: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Let two fictitious players meet in a bimatrix game.

    Parameters
    ----------
    row, column : (a, b) array of float
        Payoffs of the row and the column player.
    rounds : int
        Number of rounds.

    Returns
    -------
    tuple of (a,) and (b,) array of float
        Empirical frequencies of either player's actions.
    """
    row_sums, column_sums = np.zeros(row.shape[0]), np.zeros(row.shape[1])
    row_count, column_count = np.zeros(row.shape[0]), np.zeros(row.shape[1])
    for _ in range(rounds):
        i, j = draws.best(stream, row_sums), draws.best(stream, column_sums)
        row_count[i] += 1.0
        column_count[j] += 1.0
        for k in range(row.shape[0]):
            row_sums[k] += row[k, j]
        for k in range(row.shape[1]):
            column_sums[k] += column[i, k]
    return row_count / rounds, column_count / rounds


class FictitiousPlay(GridLearner):
    """Best reply to the past, ties at random.

    Parameters
    ----------
    memory : float
        Weight of a payoff one period ago relative to now; 1 remembers all equally.
    """

    full_information = True

    def __init__(self, actions: np.ndarray, memory: float = 1.0, seed: int | np.random.SeedSequence = 0):
        super().__init__(actions, seed)
        self._memory = memory
        self._sums = np.zeros(self._actions.size)

    def choose(self, state: int = 0) -> float:
        """Choose the action that would have earned most."""
        return self._pick(draws.best(self._stream, self._sums))

    def learn(self, payoff: float, payoffs: np.ndarray | None = None, next_state: int = 0) -> None:
        """Remember what every action would have earned."""
        remember(self._sums, self._counterfactual(payoffs), self._memory)

    def policy(self, state: int = 0) -> np.ndarray:
        """Equal probability on the best actions, (actions,)."""
        top = self._sums == self._sums.max()
        return top / top.sum()
