"""Gradient learning of a continuous action, such as the share of its value that a bidder bids.

The payoff's slope is estimated from two probes a little above and below the present action; the action climbs it with a
step that shrinks over time. Source: J. Kiefer and J. Wolfowitz (1952), Stochastic estimation of the maximum of a
regression function, Annals of Mathematical Statistics 23.
"""

import numpy as np

from agents.learning.grid import GridLearner
from market.kernel.compiled import kernel


@kernel
def climb(x: float, above: float, below: float, width: float, rate: float, low: float, high: float) -> float:
    """Move x by rate times the slope between the payoffs at x + width and at x - width, staying within [low, high]."""
    return min(max(x + rate * (above - below) / (2.0 * width), low), high)


class GradientShading(GridLearner):
    """Probes above and below in turn, then takes a step; its actions lie anywhere between the ends of the grid.

    Parameters
    ----------
    width : float
        Distance of a probe from the present action, in units of the action, at the first step.
    rate : float
        First step per unit of slope.
    """

    def __init__(
        self,
        actions: np.ndarray,
        width: float = 0.05,
        rate: float = 0.5,
        start: float | None = None,
        seed: int | np.random.SeedSequence = 0,
    ):
        super().__init__(actions, seed)
        self._low, self._high = float(self._actions.min()), float(self._actions.max())
        self._x = (self._low + self._high) / 2 if start is None else float(start)
        self._width, self._rate = width, rate
        self._steps = 0
        self._above: float | None = None

    def _probe(self) -> float:
        # Exponents 1/4 and 1 satisfy the conditions of Kiefer and Wolfowitz for convergence.
        return self._width / (1 + self._steps) ** 0.25

    def choose(self, state: int = 0) -> float:
        """Return the next probe."""
        side = 1.0 if self._above is None else -1.0
        return float(np.clip(self._x + side * self._probe(), self._low, self._high))

    def learn(self, payoff: float, payoffs: np.ndarray | None = None, next_state: int = 0) -> None:
        """Keep the payoff of the upper probe, or step once that of the lower one is in as well."""
        if self._above is None:
            self._above = payoff
            return
        rate = self._rate / (1 + self._steps)
        self._x = climb(self._x, self._above, payoff, self._probe(), rate, self._low, self._high)
        self._steps += 1
        self._above = None

    @property
    def centre(self) -> float:
        """The present action, between the two probes."""
        return self._x

    def policy(self, state: int = 0) -> np.ndarray:
        """Certainty of the action of the grid that is nearest to the present one, (actions,)."""
        return self._one_hot(int(np.abs(self._actions - self._x).argmin()))
