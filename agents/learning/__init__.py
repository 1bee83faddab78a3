"""Learners that any role can use: the numbers in, one action out, and nothing about what the numbers mean.

Every learner is built on a grid of actions (bids, shades, prices, latencies) and follows :class:`Learner`. What it does
is compiled in functions of plain arrays, one learner a file; repeated games call these directly in their own compiled
loops, so that the learner that is checked there is the one that an agent in the market uses.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from agents.learning.best_response import BestResponse
from agents.learning.exp3 import Exp3, Hedge
from agents.learning.fictitious_play import FictitiousPlay
from agents.learning.gradient import GradientShading
from agents.learning.q_learning import QLearning
from agents.learning.regret_matching import RegretMatching

__all__ = [
    "LEARNERS",
    "BestResponse",
    "Exp3",
    "FictitiousPlay",
    "GradientShading",
    "Hedge",
    "Learner",
    "QLearning",
    "RegretMatching",
]


class Learner(Protocol):
    """What every learner does.

    `learn` is told the payoff of the action chosen last; learners with `full_information` need, and others ignore,
    `payoffs`: what each action of the grid would have earned. A learner copies what it is given and never writes into
    it.
    """

    full_information: bool

    @property
    def actions(self) -> np.ndarray:
        """The grid of actions, read-only."""
        ...

    def choose(self, state: int = 0) -> float:
        """Choose an action in `state`; learners without memory ignore the state."""
        ...

    def learn(self, payoff: float, payoffs: np.ndarray | None = None, next_state: int = 0) -> None:
        """Learn from the outcome of the action chosen last."""
        ...

    def policy(self, state: int = 0) -> np.ndarray:
        """Probability of each action of the grid in `state`, exploration included unless it is set to die out."""
        ...


LEARNERS: dict[str, Callable[..., Learner]] = {
    "q_learning": QLearning,
    "exp3": Exp3,
    "hedge": Hedge,
    "regret_matching": RegretMatching,
    "fictitious_play": FictitiousPlay,
    "best_response": BestResponse,
    "gradient": GradientShading,
}
