"""Best-response iteration: reply to what the others did last, sometimes staying put.

Inertia keeps simultaneous repliers from chasing each other around a cycle. Source: H. P. Young (1993), The evolution of
conventions, Econometrica 61.
"""

from collections.abc import Callable

import numpy as np

from agents.learning import draws
from agents.learning.grid import GridLearner


def iterate(
    reply: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    step: float = 0.5,
    tolerance: float = 1e-10,
    rounds: int = 10_000,
) -> tuple[np.ndarray, bool]:
    """Iterate x <- x + step (reply(x) - x) to a fixed point of the joint best reply in continuous actions.

    Parameters
    ----------
    reply : callable
        Maps the profile (n,) to the best reply of every player (n,).
    start : (n,) array of float
        First profile; not changed.
    step : float
        Share of the way that players go, in (0, 1].
    tolerance : float
        Largest change at which to stop.

    Returns
    -------
    profile : (n,) array of float
        Last profile.
    converged : bool
        Whether the tolerance was reached.
    """
    profile = np.array(start, dtype=float)
    for _ in range(rounds):
        change = step * (reply(profile.copy()) - profile)
        profile = profile + change
        if np.abs(change).max() < tolerance:
            return profile, True
    return profile, False


class BestResponse(GridLearner):
    """Best reply to the last period, ties at random.

    Parameters
    ----------
    inertia : float
        Probability of repeating the last action instead.
    """

    full_information = True

    def __init__(self, actions: np.ndarray, inertia: float = 0.1, seed: int | np.random.SeedSequence = 0):
        super().__init__(actions, seed)
        self._inertia = inertia
        self._last = draws.below(self._stream, self._actions.size)

    def choose(self, state: int = 0) -> float:
        """Return the reply that was chosen when learning."""
        return self._pick(self._last)

    def learn(self, payoff: float, payoffs: np.ndarray | None = None, next_state: int = 0) -> None:
        """Turn to the best reply to the last period, or stay."""
        given = self._counterfactual(payoffs)
        if draws.uniform(self._stream) >= self._inertia:
            self._last = draws.best(self._stream, given)

    def policy(self, state: int = 0) -> np.ndarray:
        """Certainty of the present action, (actions,)."""
        return self._one_hot(self._last)
