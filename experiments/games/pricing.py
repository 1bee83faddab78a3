"""Repeated price competition of Q-learners, and the certificate that tells collusion from failing to compete.

n firms sell differentiated goods with logit demand; each period all set prices from a grid, remembering last period's
prices. A session runs until nobody's greedy policy has changed for `patience` periods. High prices alone are not
collusion: `deviate` forces one firm to its static best reply for a period and follows what the learned policies do
about it.

Source: E. Calvano, G. Calzolari, V. Denicolo and S. Pastorello (2020), Artificial intelligence, algorithmic pricing,
and collusion, American Economic Review 110.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numba import njit
from scipy.optimize import brentq, minimize_scalar

from agents.learning import draws, q_learning


@dataclass(frozen=True)
class LogitMarket:
    """Symmetric logit duopoly or oligopoly.

    Parameters
    ----------
    firms : int
        Number of firms n.
    quality, cost : float
        Quality a and marginal cost c of every good.
    substitution : float
        mu, the degree of horizontal differentiation.
    outside : float
        Quality a0 of buying nothing.
    """

    firms: int = 2
    quality: float = 2.0
    cost: float = 1.0
    substitution: float = 0.25
    outside: float = 0.0

    def profits(self, prices: np.ndarray) -> np.ndarray:
        """Profit of each firm, for prices of shape (..., n)."""
        weight = np.exp((self.quality - prices) / self.substitution)
        share = weight / (weight.sum(axis=-1, keepdims=True) + np.exp(self.outside / self.substitution))
        return (prices - self.cost) * share

    def _own(self, price: float, others: float) -> float:
        prices = np.full(self.firms, others)
        prices[0] = price
        return float(self.profits(prices)[0])

    def nash_price(self) -> float:
        """Price of the symmetric one-shot equilibrium: p = c + mu / (1 - share)."""

        def gap(price: float) -> float:
            share = self._own(price, price) / (price - self.cost)
            return price - self.cost - self.substitution / (1 - share)

        return cast(float, brentq(gap, self.cost + 1e-9, self.cost + 20 * self.substitution))

    def monopoly_price(self) -> float:
        """Price that maximises joint profit."""
        best = minimize_scalar(
            lambda p: -self._own(p, p),
            bounds=(self.cost, self.quality + 10 * self.substitution),
            method="bounded",
            options={"xatol": 1e-10},
        )
        return float(best.x)

    def benchmarks(self) -> tuple[float, float, float, float]:
        """Nash price, monopoly price, Nash profit per firm, monopoly profit per firm."""
        nash, monopoly = self.nash_price(), self.monopoly_price()
        return nash, monopoly, self._own(nash, nash), self._own(monopoly, monopoly)

    def grid(self, points: int = 15, margin: float = 0.1) -> np.ndarray:
        """Equally spaced prices from below Nash to above monopoly by `margin` of the distance between the two."""
        nash, monopoly, _, _ = self.benchmarks()
        gap = margin * (monopoly - nash)
        return np.linspace(nash - gap, monopoly + gap, points)

    def table(self, grid: np.ndarray) -> np.ndarray:
        """Profits of each firm by joint action, (points**n, n); firm 0's action is the most significant digit."""
        joint = np.stack(np.meshgrid(*[grid] * self.firms, indexing="ij"), axis=-1)
        return np.ascontiguousarray(self.profits(joint).reshape(-1, self.firms))


@dataclass(frozen=True)
class Learning:
    """How the firms learn: learning rate, discount factor, decay of exploration per period, when to stop."""

    rate: float = 0.15
    discount: float = 0.95
    decay: float = 4e-6
    patience: int = 100_000
    longest: int = 100_000_000


@njit(cache=True, nogil=True)
def learn(profits, points, values, greedy, second, rate, discount, decay, patience, longest, stream):
    """Play until every greedy policy has been unchanged for `patience` periods; returns (periods played, last state).

    `profits` (states, n) by joint action. The state is the joint action of the period before; row i * states + state of
    `values` (n * states, points), `greedy` and `second` (n * states,) is firm i's in that state, learned in place. The
    firms' tables are stacked because a view of an array per period would cost more than the learning, and
    `q_learning.update` is written out on flat arrays because calling it would cost a third of the time.
    """
    states, n = profits.shape
    flat, earned = values.reshape(-1), profits.reshape(-1)
    explore, action = np.empty(n, np.int64), np.empty(n, np.int64)
    for i in range(n):
        explore[i] = q_learning.next_exploration(0, decay, 0.0, stream)
    state, since, soonest = draws.below(stream, states), 0, explore.min()
    for t in range(longest):
        joint = 0
        for i in range(n):
            action[i] = greedy[i * states + state]
        if t == soonest:
            for i in range(n):
                if t == explore[i]:
                    action[i] = draws.below(stream, points)
                    explore[i] = q_learning.next_exploration(t + 1, decay, 0.0, stream)
            soonest = explore.min()
        for i in range(n):
            joint = joint * points + action[i]
        since += 1
        for i in range(n):
            row, after = i * states + state, i * states + joint
            best, cell = greedy[row], row * points + action[i]
            top, old = flat[row * points + best], flat[cell]
            new = old + rate * (earned[joint * n + i] + discount * flat[after * points + greedy[after]] - old)
            flat[cell] = new
            if action[i] == best:
                if new <= second[row]:
                    q_learning.scan(values, greedy, second, row, stream)
                    if greedy[row] != best:
                        since = 0
            elif new > top or (new == top and draws.uniform(stream) < 0.5):
                greedy[row], second[row] = action[i], top
                since = 0
            elif new > second[row]:
                second[row] = new
        state = joint
        if since >= patience:
            return t + 1, state
    return longest, state


@njit(cache=True)
def follow(greedy, points, state, periods, forced_firm, forced_action, path):
    """Let the greedy policies play from `state`; `path` (periods,) receives the joint actions.

    If `forced_firm` >= 0, that firm plays `forced_action` in the first period.
    """
    n = greedy.shape[0]
    for t in range(periods):
        joint = 0
        for i in range(n):
            action = greedy[i, state]
            if t == 0 and i == forced_firm:
                action = forced_action
            joint = joint * points + action
        path[t] = joint
        state = joint


@dataclass(frozen=True)
class Session:
    """What one session ended in.

    Parameters
    ----------
    greedy : (n, states) array of int
        Learned policies: price index by state.
    periods : int
        Periods until convergence.
    converged : bool
        Whether it converged before the longest session allowed.
    cycle : (length,) array of int
        Joint actions of the limit cycle, from its first repeated state on.
    """

    greedy: np.ndarray
    periods: int
    converged: bool
    cycle: np.ndarray


def optimistic_start(market: LogitMarket, table: np.ndarray, points: int, discount: float) -> np.ndarray:
    """Initial values (n * states, points): mean profit against rivals that price at random, forever."""
    n = market.firms
    values = np.empty((n, table.shape[0], points))
    for i in range(n):
        by_own = np.moveaxis(table[:, i].reshape((points,) * n), i, 0).reshape(points, -1)
        values[i] = by_own.mean(axis=1) / (1 - discount)
    return values.reshape(-1, points)


def session(market: LogitMarket, learning: Learning, seed: int | np.random.SeedSequence, points: int = 15) -> Session:
    """Run one session of Q-learners from scratch to convergence and follow it into its limit cycle."""
    table = market.table(market.grid(points))
    stream = draws.stream(seed)
    values = optimistic_start(market, table, points, learning.discount)
    greedy = np.empty(values.shape[0], np.int64)
    second = np.empty(values.shape[0])
    q_learning.lead(values, greedy, second, stream)
    periods, state = learn(
        table,
        points,
        values,
        greedy,
        second,
        learning.rate,
        learning.discount,
        learning.decay,
        learning.patience,
        learning.longest,
        stream,
    )
    policy = greedy.reshape(market.firms, -1)
    return Session(policy, periods, periods < learning.longest, _limit_cycle(policy, points, state))


def _limit_cycle(greedy: np.ndarray, points: int, state: int) -> np.ndarray:
    # From any state the greedy path enters its cycle within as many periods as there are states.
    path = np.empty(2 * greedy.shape[1] + 1, np.int64)
    follow(greedy, points, state, path.size, -1, 0, path)
    last = path[-1]
    length = int(np.flatnonzero(path[-2::-1] == last)[0]) + 1
    return path[-length:].copy()


def collusion_index(market: LogitMarket, result: Session, points: int = 15) -> float:
    """Delta of the limit cycle: 0 at the one-shot equilibrium, 1 at joint profit maximisation."""
    table = market.table(market.grid(points))
    _, _, nash, monopoly = market.benchmarks()
    return float((table[result.cycle].mean() - nash) / (monopoly - nash))


@dataclass(frozen=True)
class Deviation:
    """What follows when one firm is forced to its static best reply for one period.

    Means over the deviating firm and over the states of the limit cycle in which the deviation may fall.

    Parameters
    ----------
    gain : float
        Discounted profit of the deviator over that of not deviating, less one. Negative: the deviation does not pay.
    deviator, rivals : (periods,) array of float
        Price of the deviator and mean price of its rivals, period 0 being that of the deviation, less their
        price in the same period had nobody deviated.
    """

    gain: float
    deviator: np.ndarray
    rivals: np.ndarray


def deviate(market: LogitMarket, result: Session, discount: float, periods: int = 300, points: int = 15) -> Deviation:
    """Force a one-period deviation on the learned policies, without further learning or exploration.

    `discount` is that of the deviator's gain; `periods` is how long both paths are followed.
    """
    n, grid = market.firms, market.grid(points)
    table = market.table(grid)
    weights = discount ** np.arange(periods)
    power = points ** np.arange(n - 1, -1, -1)
    gains, own, others = [], [], []
    calm, shaken = np.empty(periods, np.int64), np.empty(periods, np.int64)
    for state in result.cycle:
        follow(result.greedy, points, state, periods, -1, 0, calm)
        for firm in range(n):
            # What the firm could play instead, its rivals keeping to their policies in this period.
            kept = calm[0] - (calm[0] // power[firm] % points) * power[firm]
            reply = int(np.argmax(table[kept + np.arange(points) * power[firm], firm]))
            follow(result.greedy, points, state, periods, firm, reply, shaken)
            gains.append(weights @ table[shaken, firm] / (weights @ table[calm, firm]) - 1.0)
            change = grid[shaken[:, None] // power % points] - grid[calm[:, None] // power % points]
            own.append(change[:, firm])
            others.append(np.delete(change, firm, axis=1).mean(axis=1))
    return Deviation(float(np.mean(gains)), np.mean(own, axis=0), np.mean(others, axis=0))
