"""Q-learning with memory: the value of every action in every state, learned from own payoffs alone.

Exploration decays as exp(-decay t); a permanent floor is possible but not the default, since a rival's lasting noise
changes what is worth learning. The greedy action of every state is kept up to date, so that a period costs no search
over actions unless the best one loses value. Exact ties are broken at random.

A learner that is told what every action would have earned may update them all (counterfactual, or synchronous,
feedback), which leaves it nothing to try: Banchio and Skrzypacz find that it undoes the collusion of bidders.

Sources: C. Watkins and P. Dayan (1992), Q-learning, Machine Learning 8; set-up of E. Calvano, G. Calzolari, V. Denicolo
and S. Pastorello (2020), Artificial intelligence, algorithmic pricing, and collusion, American Economic Review 110; M.
Banchio and A. Skrzypacz (2022), Artificial intelligence and auction design, arXiv 2202.05947.
"""

import numpy as np

from agents.learning import draws
from agents.learning.grid import GridLearner
from market.kernel.compiled import kernel

NEVER = 2**62
CERTAIN = 1.0 - 1e-9
"""Below this share of a bound, rounding cannot turn the first candidate into a later one."""


@kernel
def lead(values: np.ndarray, greedy: np.ndarray, second: np.ndarray, stream: np.ndarray) -> None:
    """Fill the greedy action of each state, ties at random, and the best value among the other actions.

    Shapes: values (states, actions); greedy and second (states,).
    """
    for state in range(values.shape[0]):
        scan(values, greedy, second, state, stream)


@kernel
def scan(values: np.ndarray, greedy: np.ndarray, second: np.ndarray, state: int, stream: np.ndarray) -> None:
    """Fill the greedy action of one state, and the best value among the others; shapes as for :func:`lead`."""
    top, below_top, best, tied = values[state, 0], -np.inf, 0, False
    for k in range(1, values.shape[1]):
        value = values[state, k]
        tied |= value == top
        below_top = max(below_top, min(top, value))
        if value > top:
            top, best = value, k
    # ties are rare once anything is learned, and only they need draws
    if tied or np.isnan(top):
        _scan_ties(values, greedy, second, state, stream)
    else:
        greedy[state], second[state] = best, below_top


@kernel
def _scan_ties(values, greedy, second, state, stream):
    top, below_top, best, ties = -np.inf, -np.inf, 0, 0
    for k in range(values.shape[1]):
        value = values[state, k]
        if value > top:
            below_top, top, best, ties = top, value, k, 1
        elif value == top:
            # The k-th of equal values replaces the kept one with probability 1/k: uniform over all of them.
            below_top, ties = value, ties + 1
            if draws.uniform(stream) * ties < 1.0:
                best = k
        elif value > below_top:
            below_top = value
    greedy[state], second[state] = best, below_top


@kernel
def update(
    values: np.ndarray,
    greedy: np.ndarray,
    second: np.ndarray,
    state: int,
    action: int,
    payoff: float,
    next_state: int,
    rate: float,
    discount: float,
    stream: np.ndarray,
) -> bool:
    """Move values[state, action] towards payoff + discount * max values[next_state], in place.

    Parameters
    ----------
    values : (states, actions) array of float
        Action values, in discounted payoff.
    greedy : (states,) array of int
        Greedy actions, kept in step with `values`.
    second : (states,) array of float
        Upper bound of the values of all actions but the greedy one.
    rate : float
        Learning rate in (0, 1].
    discount : float
        Discount factor in [0, 1).
    stream : (1,) array of uint64
        State of the draws, used for ties only.

    Returns
    -------
    bool
        Whether the greedy action of `state` changed.
    """
    best = greedy[state]
    top = values[state, best]
    old = values[state, action]
    new = old + rate * (payoff + discount * values[next_state, greedy[next_state]] - old)
    values[state, action] = new
    changed = False
    if action == best:
        # Only now can another action have taken the lead, or be level with it; `second` may also just be out of date.
        if new <= second[state]:
            scan(values, greedy, second, state, stream)
            changed = greedy[state] != best
    elif new > top or (new == top and draws.uniform(stream) < 0.5):
        greedy[state] = action
        second[state] = top
        changed = True
    elif new > second[state]:
        second[state] = new
    return changed


@kernel
def update_all(
    values: np.ndarray,
    greedy: np.ndarray,
    second: np.ndarray,
    state: int,
    payoffs: np.ndarray,
    next_state: int,
    rate: float,
    discount: float,
    stream: np.ndarray,
) -> bool:
    """Move the value of every action of `state` towards what it would have earned, in place; else as :func:`update`.

    `payoffs` (actions,): what each action would have earned had everything else been the same.
    """
    ahead, best = discount * values[next_state, greedy[next_state]], greedy[state]
    for action in range(values.shape[1]):
        values[state, action] += rate * (payoffs[action] + ahead - values[state, action])
    scan(values, greedy, second, state, stream)
    return greedy[state] != best


@kernel
def exploration_rate(t: float, decay: float, floor: float) -> float:
    """Probability of a random action in period t: exp(-decay t), but not below the floor."""
    return max(np.exp(-decay * t), floor)


@kernel
def next_exploration(t: int, decay: float, floor: float, stream: np.ndarray) -> int:
    """Draw the first period from `t` on in which a random action is taken; exact, without a draw per period.

    The rate never rises, so the rate at the last candidate bounds all later ones: candidates are drawn from the
    geometric distribution of the bound and kept with probability rate / bound (thinning).
    """
    while True:
        bound = exploration_rate(t, decay, floor)
        if bound >= 1.0:
            return t
        if bound < 1e-18:
            return NEVER
        u = draws.uniform(stream)
        if u < CERTAIN * bound:  # the candidate is `t` itself, and kept for sure: no logarithms needed
            draws.uniform(stream)
            return t
        gap = np.log(1.0 - u) / np.log1p(-bound)
        if gap > 1e15:
            return NEVER
        t += int(gap)
        if draws.uniform(stream) * bound < exploration_rate(t, decay, floor):
            return t
        t += 1


class QLearning(GridLearner):
    """Q-learning over a grid of actions, with as many states as its owner distinguishes.

    Parameters
    ----------
    actions : (k,) array of float
        The grid of actions.
    states : int
        Number of states, 1 for a learner without memory.
    rate, discount : float
        Learning rate in (0, 1] and discount factor in [0, 1).
    decay, floor : float
        Exploration rate in period t is max(exp(-decay t), floor).
    start : float or (states, k) array of float
        Initial action values; above what can be earned is optimistic and makes it try every action. Copied.
    counterfactual : bool
        Whether it learns about all actions from what each would have earned, which it must then be told.
    """

    def __init__(
        self,
        actions: np.ndarray,
        states: int = 1,
        rate: float = 0.05,
        discount: float = 0.0,
        decay: float = 1e-3,
        floor: float = 0.0,
        start: float | np.ndarray = 0.0,
        seed: int | np.random.SeedSequence = 0,
        counterfactual: bool = False,
    ):
        super().__init__(actions, seed)
        self.full_information = counterfactual
        self._rate, self._discount, self._decay, self._floor = rate, discount, decay, floor
        self._values = np.empty((states, self._actions.size))
        self._values[:] = start
        self._greedy, self._second = np.empty(states, np.int64), np.empty(states)
        lead(self._values, self._greedy, self._second, self._stream)
        self._period, self._state = 0, 0
        self._explore = next_exploration(0, decay, floor, self._stream)

    def choose(self, state: int = 0) -> float:
        """Take the greedy action of `state`, or a random one when exploring."""
        self._state = state
        if self._period == self._explore:
            self._explore = next_exploration(self._period + 1, self._decay, self._floor, self._stream)
            self._period += 1
            return self._pick(draws.below(self._stream, self._actions.size))
        self._period += 1
        return self._pick(self._greedy[state])

    def learn(self, payoff: float, payoffs: np.ndarray | None = None, next_state: int = 0) -> None:
        """Update the value of the last action, or of all of them."""
        table = self._values, self._greedy, self._second, self._state
        terms = next_state, self._rate, self._discount, self._stream
        if self.full_information:
            update_all(*table, self._counterfactual(payoffs), *terms)
        else:
            update(*table, self._last, payoff, *terms)

    def credit(self, index: int, payoff: float, state: int = 0) -> None:
        """Update the value of an action that was taken earlier, by its place in the grid."""
        self._last, self._state = index, state
        self.learn(payoff)

    def policy(self, state: int = 0) -> np.ndarray:
        """Certainty of the greedy action, or a mixture with the floor of exploration, (actions,)."""
        return (1 - self._floor) * self._one_hot(self._greedy[state]) + self._floor / self._actions.size

    @property
    def values(self) -> np.ndarray:
        """Copy of the action values, (states, actions)."""
        return self._values.copy()
