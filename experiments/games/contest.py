"""Contests with complete information: all-pay auctions and ticket lotteries for a prize of known value.

Contestants know the prize but not each other's outlay. In the all-pay auction they learn a mixed strategy by regret
matching; in the lottery they climb the slope of their own payoff. Both go through the market's own rules.
"""

import numpy as np
from numba import njit

from agents.learning import draws, gradient, regret_matching
from market.sequencing.auctions import _formats as formats
from market.sequencing.auctions import tullock


@njit(cache=True, nogil=True)
def _learn_mixed(code, prizes, grid, rounds, stream, average):
    n, m = prizes.size, grid.size
    regrets, policy = np.zeros((n, m)), np.full((n, m), 1.0 / m)
    action, bids = np.empty(n, np.int64), np.empty(n)
    payments, payoffs = np.empty(n), np.empty(m)
    for t in range(rounds):
        for i in range(n):
            action[i] = draws.choice(stream, policy[i])
            bids[i] = grid[action[i]]
        u = draws.uniform(stream)
        for i in range(n):
            own = bids[i]
            for b in range(m):
                bids[i] = grid[b]
                won = formats.settle(code, bids, 0.0, u, payments) == i
                payoffs[b] = (prizes[i] if won else 0.0) - payments[i]
            bids[i] = own
            regret_matching.accumulate(regrets[i], payoffs, float(payoffs[action[i]]), False)
        # All learn from the same round before anybody changes policy; later play counts more.
        for i in range(n):
            regret_matching.probabilities(regrets[i], policy[i])
            for b in range(m):
                average[i, b] += t * policy[i, b]


def learn_mixed(auction: str, prizes: np.ndarray, grid: np.ndarray, rounds: int, seed: int) -> np.ndarray:
    """Average strategies of regret-matching contestants.

    Parameters
    ----------
    auction : str
        Format, a key of `formats.CODES`.
    prizes : (n,) array of float
        Value of the prize to each contestant.
    grid : (m,) array of float
        Bids that may be made.

    Returns
    -------
    (n, m) array of float
        Probability of each bid, later rounds weighing more.
    """
    average = np.zeros((len(prizes), len(grid)))
    _learn_mixed(
        formats.CODES[auction],
        np.array(prizes, dtype=float),
        np.array(grid, dtype=float),
        rounds,
        draws.stream(seed),
        average,
    )
    return average / average.sum(axis=1, keepdims=True)


def sample(strategies: np.ndarray, grid: np.ndarray, rounds: int, seed: int) -> np.ndarray:
    """Bids drawn from mixed strategies (n, m) over `grid` (m,), shape (rounds, n)."""
    rng = np.random.default_rng(seed)
    return np.stack([grid[rng.choice(len(grid), rounds, p=own)] for own in strategies], axis=1)


@njit(cache=True)
def lottery_chance(outlays: np.ndarray, decisiveness: float, tickets: int, offset: float) -> np.ndarray:
    """Share of lotteries that each contestant wins, (n,), over evenly spaced draws shifted by `offset` in [0, 1)."""
    wins = np.zeros(outlays.size)
    payments = np.empty(outlays.size)
    for k in range(tickets):
        winner = tullock.settle(outlays, 0.0, (k + offset) / tickets, payments, decisiveness)
        wins[winner] += 1.0
    return wins / tickets


@njit(cache=True)
def learn_effort(
    prizes: np.ndarray, decisiveness: float, steps: int, tickets: int, width: float, rate: float, stream: np.ndarray
) -> np.ndarray:
    """Outlays that contestants arrive at by climbing the slope of their own payoff, all at the same time.

    Parameters
    ----------
    prizes : (n,) array of float
        Value of the prize to each.
    decisiveness : float
        Exponent r of the contest.
    steps : int
        Number of steps; the result is the mean over the second half.
    tickets : int
        Lotteries held per probe.
    width : float
        Distance of the probes relative to the outlay.
    rate : float
        First step per unit of slope, relative to the prize.

    Returns
    -------
    (n,) array of float
        Outlays, in units of the prize's value.
    """
    n = prizes.size
    x = 0.1 * prizes / n
    mean = np.zeros(n)
    for step in range(steps):
        offset = draws.uniform(stream)
        moved = x.copy()
        for i in range(n):
            reach = width * x[i]
            probe = x.copy()
            probe[i] = x[i] + reach
            above = prizes[i] * lottery_chance(probe, decisiveness, tickets, offset)[i] - probe[i]
            probe[i] = x[i] - reach
            below = prizes[i] * lottery_chance(probe, decisiveness, tickets, offset)[i] - probe[i]
            pace = rate * prizes[i] / (1.0 + 0.02 * step)
            moved[i] = gradient.climb(x[i], above, below, reach, pace, 0.5 * x[i], 2.0 * x[i])
        x = moved
        if 2 * step >= steps:
            mean += x / (steps - (steps + 1) // 2)
    return mean
