"""What all learners share: a read-only grid of actions, a stream of draws and the memory of the last choice."""

import numpy as np

from agents.learning import draws


class GridLearner:
    """A learner over the actions of a grid.

    Parameters
    ----------
    actions : (k,) array of float
        The actions; copied.
    seed : int or SeedSequence
        Seed of the learner's own draws.
    """

    full_information = False

    def __init__(self, actions: np.ndarray, seed: int | np.random.SeedSequence = 0):
        self._actions = np.array(actions, dtype=float)
        if self._actions.ndim != 1 or self._actions.size == 0 or not np.isfinite(self._actions).all():
            raise ValueError("actions must be a non-empty one-dimensional array of finite numbers")
        self._actions.setflags(write=False)
        self._stream = draws.stream(seed)
        self._last = 0

    @property
    def actions(self) -> np.ndarray:
        """The grid of actions, read-only."""
        return self._actions

    def _pick(self, index: int) -> float:
        self._last = int(index)
        return float(self._actions[self._last])

    def _one_hot(self, index: int) -> np.ndarray:
        probabilities = np.zeros(self._actions.size)
        probabilities[index] = 1.0
        return probabilities

    def _counterfactual(self, payoffs: np.ndarray | None) -> np.ndarray:
        if payoffs is None:
            raise ValueError(f"{type(self).__name__} learns from the payoffs of all actions; none were given")
        given = np.asarray(payoffs, dtype=float)
        if given.shape != self._actions.shape:
            raise ValueError(f"payoffs must have shape {self._actions.shape}, not {given.shape}")
        return given
