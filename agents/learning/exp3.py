"""Exponential weights: Hedge when the payoffs of all actions are seen, Exp3 when only that of the chosen one is.

Sources: Y. Freund and R. Schapire (1997), A decision-theoretic generalization of on-line learning, JCSS 55; P. Auer, N.
Cesa-Bianchi, Y. Freund and R. Schapire (2002), The nonstochastic multiarmed bandit problem, SIAM Journal on Computing
32.
"""

import numpy as np

from agents.learning import draws
from agents.learning.grid import GridLearner
from market.kernel.compiled import kernel


@kernel
def weights(scores: np.ndarray, rate: float, floor: float, policy: np.ndarray) -> None:
    """Write into `policy` probabilities proportional to exp(rate * scores), mixed with `floor` of uniform play.

    Shapes: scores and policy (actions,); rate >= 0, in 1 / payoff; floor in [0, 1].
    """
    top = scores[0]
    for k in range(scores.size):
        top = max(top, scores[k])
    total = 0.0
    for k in range(scores.size):
        policy[k] = np.exp(rate * (scores[k] - top))
        total += policy[k]
    for k in range(scores.size):
        policy[k] = (1.0 - floor) * policy[k] / total + floor / scores.size


@kernel
def credit_all(scores: np.ndarray, payoffs: np.ndarray) -> None:
    """Hedge: add to every action's score what it would have earned."""
    for k in range(scores.size):
        scores[k] += payoffs[k]


@kernel
def credit_one(scores: np.ndarray, policy: np.ndarray, action: int, payoff: float) -> None:
    """Exp3: add to the chosen action's score its payoff over the probability of choosing it, which is unbiased."""
    scores[action] += payoff / policy[action]


class Hedge(GridLearner):
    """Exponential weights on the payoffs of all actions.

    Parameters
    ----------
    rate : float
        Learning rate, in 1 / payoff.
    anytime : bool
        Divide the rate by the square root of the number of periods, which bounds regret without knowing the horizon.
    """

    full_information = True

    def __init__(
        self,
        actions: np.ndarray,
        rate: float = 1.0,
        anytime: bool = True,
        seed: int | np.random.SeedSequence = 0,
    ):
        super().__init__(actions, seed)
        self._rate, self._anytime = rate, anytime
        self._scores = np.zeros(self._actions.size)
        self._policy = np.full(self._actions.size, 1 / self._actions.size)
        self._periods = 0

    def choose(self, state: int = 0) -> float:
        """Draw an action from the present weights."""
        return self._pick(draws.choice(self._stream, self._policy))

    def learn(self, payoff: float, payoffs: np.ndarray | None = None, next_state: int = 0) -> None:
        """Credit all actions."""
        credit_all(self._scores, self._counterfactual(payoffs))
        self._periods += 1
        rate = self._rate / np.sqrt(self._periods) if self._anytime else self._rate
        weights(self._scores, rate, 0.0, self._policy)

    def policy(self, state: int = 0) -> np.ndarray:
        """Present probabilities, (actions,)."""
        return self._policy.copy()


class Exp3(GridLearner):
    """Exponential weights on importance-weighted payoffs of the chosen actions.

    Parameters
    ----------
    rate : float
        Learning rate, in 1 / payoff.
    floor : float
        Share of uniform exploration; payoffs are credited over probabilities that are never below floor / actions.
    """

    def __init__(
        self,
        actions: np.ndarray,
        rate: float = 0.01,
        floor: float = 0.05,
        seed: int | np.random.SeedSequence = 0,
    ):
        super().__init__(actions, seed)
        self._rate, self._floor = rate, floor
        self._scores = np.zeros(self._actions.size)
        self._policy = np.full(self._actions.size, 1 / self._actions.size)

    def choose(self, state: int = 0) -> float:
        """Draw an action from the present weights."""
        return self._pick(draws.choice(self._stream, self._policy))

    def learn(self, payoff: float, payoffs: np.ndarray | None = None, next_state: int = 0) -> None:
        """Credit the chosen action."""
        credit_one(self._scores, self._policy, self._last, payoff)
        weights(self._scores, self._rate, self._floor, self._policy)

    def policy(self, state: int = 0) -> np.ndarray:
        """Present probabilities, (actions,)."""
        return self._policy.copy()
