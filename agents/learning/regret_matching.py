"""Regret matching: play actions in proportion to how much one regrets not having played them.

The average play of learners who all do this converges to the set of coarse correlated equilibria, in two-player
zero-sum games to Nash. Source: S. Hart and A. Mas-Colell (2000), A simple adaptive procedure leading to correlated
equilibrium, Econometrica 68; the variant that forgets negative regret: O. Tammelin (2014), Solving large imperfect
information games using CFR+.
"""

import numpy as np

from agents.learning import draws
from agents.learning.grid import GridLearner
from market.kernel.compiled import kernel


@kernel
def probabilities(regrets: np.ndarray, policy: np.ndarray) -> None:
    """Write into `policy` probabilities proportional to positive regret; uniform when nothing is regretted."""
    total = 0.0
    for k in range(regrets.size):
        policy[k] = max(regrets[k], 0.0)
        total += policy[k]
    for k in range(regrets.size):
        policy[k] = policy[k] / total if total > 0.0 else 1.0 / regrets.size


@kernel
def accumulate(regrets: np.ndarray, payoffs: np.ndarray, earned: float, forget: bool) -> None:
    """Add payoffs - earned to the regrets in place; with `forget`, regret never falls below 0."""
    for k in range(regrets.size):
        regrets[k] += payoffs[k] - earned
        if forget and regrets[k] < 0.0:
            regrets[k] = 0.0


class RegretMatching(GridLearner):
    """Regret matching on the payoffs of all actions.

    Parameters
    ----------
    forget : bool
        Floor regrets at 0 (regret matching plus), which reacts faster.
    """

    full_information = True

    def __init__(self, actions: np.ndarray, forget: bool = True, seed: int | np.random.SeedSequence = 0):
        super().__init__(actions, seed)
        self._forget = forget
        self._regrets = np.zeros(self._actions.size)
        self._policy = np.full(self._actions.size, 1 / self._actions.size)

    def choose(self, state: int = 0) -> float:
        """Draw an action from the present probabilities."""
        return self._pick(draws.choice(self._stream, self._policy))

    def learn(self, payoff: float, payoffs: np.ndarray | None = None, next_state: int = 0) -> None:
        """Regret what the other actions would have earned beyond the mean of the present policy."""
        given = self._counterfactual(payoffs)
        accumulate(self._regrets, given, float(self._policy @ given), self._forget)
        probabilities(self._regrets, self._policy)

    def policy(self, state: int = 0) -> np.ndarray:
        """Present probabilities, (actions,)."""
        return self._policy.copy()
