"""Any two learners against each other in a repeated bimatrix game, compiled.

The learners are those of `agents.learning`, step by step as their classes take them; this is where their speed and
their long-run play are measured.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from agents.learning import draws, exp3, fictitious_play, q_learning, regret_matching
from market.kernel.compiled import kernel

Q_LEARNING, EXP3, HEDGE, REGRET_MATCHING, FICTITIOUS_PLAY, BEST_RESPONSE = range(6)
CODES = {
    "q_learning": Q_LEARNING,
    "exp3": EXP3,
    "hedge": HEDGE,
    "regret_matching": REGRET_MATCHING,
    "fictitious_play": FICTITIOUS_PLAY,
    "best_response": BEST_RESPONSE,
}


@dataclass(frozen=True)
class Settings:
    """Parameters of the learners: learning rate, floor and decay of exploration, discount factor, inertia."""

    rate: float = 0.05
    floor: float = 0.05
    decay: float = 1e-4
    discount: float = 0.0
    inertia: float = 0.1


@dataclass(frozen=True)
class Repeated:
    """Frequency of each player's actions, (actions,) each, and mean payoff of either player."""

    row: np.ndarray
    column: np.ndarray
    payoffs: tuple[float, float]


@kernel
def _choose(code, t, last, explore, greedy, scores, policy, floor, decay, stream):
    """Index of the next action; `explore` (1,) is the Q-learner's next exploration."""
    if code == Q_LEARNING:
        if t == explore[0]:
            explore[0] = q_learning.next_exploration(t + 1, decay, 0.0, stream)
            return draws.below(stream, policy.size)
        return greedy[0]
    if code == FICTITIOUS_PLAY:
        return draws.best(stream, scores)
    if code == BEST_RESPONSE:
        return last
    return draws.choice(stream, policy)


@kernel
def _learn(code, t, action, payoffs, values, greedy, second, scores, policy, settings, stream):
    """Learn from a period and return the action that a best-response learner plays next."""
    rate, floor, discount, inertia = settings[0], settings[1], settings[3], settings[4]
    earned = payoffs[action]
    if code == Q_LEARNING:
        q_learning.update(values, greedy, second, 0, action, earned, 0, rate, discount, stream)
    elif code == EXP3:
        exp3.credit_one(scores, policy, action, earned)
        exp3.weights(scores, rate, floor, policy)
    elif code == HEDGE:
        exp3.credit_all(scores, payoffs)
        exp3.weights(scores, rate / np.sqrt(t + 1.0), 0.0, policy)
    elif code == REGRET_MATCHING:
        mean = 0.0
        for k in range(payoffs.size):
            mean += policy[k] * payoffs[k]
        regret_matching.accumulate(scores, payoffs, mean, True)
        regret_matching.probabilities(scores, policy)
    elif code == FICTITIOUS_PLAY:
        fictitious_play.remember(scores, payoffs, 1.0)
    elif draws.uniform(stream) >= inertia:
        return draws.best(stream, payoffs)
    return action


@njit(cache=True, nogil=True)
def _play(row, column, first, second_code, settings, rounds, stream, row_count, column_count):
    a, b = row.shape
    codes = (first, second_code)
    values = (np.zeros((1, a)), np.zeros((1, b)))
    greedy, second = (np.zeros(1, np.int64), np.zeros(1, np.int64)), (np.zeros(1), np.zeros(1))
    scores, policy = (np.zeros(a), np.zeros(b)), (np.full(a, 1.0 / a), np.full(b, 1.0 / b))
    explore = (np.zeros(1, np.int64), np.zeros(1, np.int64))
    for i in range(2):
        q_learning.lead(values[i], greedy[i], second[i], stream)
        explore[i][0] = q_learning.next_exploration(0, settings[2], 0.0, stream)
    i, j = draws.below(stream, a), draws.below(stream, b)
    earned = np.zeros(2)
    row_view, column_view = np.ascontiguousarray(row.T), np.ascontiguousarray(column)
    for t in range(rounds):
        i = _choose(codes[0], t, i, explore[0], greedy[0], scores[0], policy[0], settings[1], settings[2], stream)
        j = _choose(codes[1], t, j, explore[1], greedy[1], scores[1], policy[1], settings[1], settings[2], stream)
        row_count[i] += 1.0
        column_count[j] += 1.0
        earned[0] += row[i, j]
        earned[1] += column[i, j]
        mine, theirs = row_view[j], column_view[i]
        i = _learn(codes[0], t, i, mine, values[0], greedy[0], second[0], scores[0], policy[0], settings, stream)
        j = _learn(codes[1], t, j, theirs, values[1], greedy[1], second[1], scores[1], policy[1], settings, stream)
    return earned / rounds


def play(
    row: np.ndarray,
    column: np.ndarray,
    learners: tuple[str, str],
    rounds: int,
    seed: int | np.random.SeedSequence,
    settings: Settings | None = None,
) -> Repeated:
    """Let two learners, keys of `CODES`, play `rounds` periods of the game with payoffs `row` and `column`, (a, b)."""
    given = settings or Settings()
    numbers = np.array([given.rate, given.floor, given.decay, given.discount, given.inertia])
    row, column = np.array(row, dtype=float), np.array(column, dtype=float)
    counts = np.zeros(row.shape[0]), np.zeros(row.shape[1])
    first, second = CODES[learners[0]], CODES[learners[1]]
    earned = _play(row, column, first, second, numbers, rounds, draws.stream(seed), *counts)
    return Repeated(counts[0] / rounds, counts[1] / rounds, (float(earned[0]), float(earned[1])))
