"""Q-learners that bid against each other in a repeated sealed auction of a prize of known value.

Nobody has told them of collusion, or of the auction's rules: each knows its own bids and what they earned, or also what
every other bid would have earned. Whether bids end up at the static equilibrium depends on the format, because after a
win at a high bid a first-price auction rewards trying a lower one, while a second-price auction does not.

Source: M. Banchio and A. Skrzypacz (2022), Artificial intelligence and auction design, arXiv 2202.05947.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from agents.learning import draws, q_learning
from market.sequencing.auctions import _formats as formats


@dataclass(frozen=True)
class RepeatedAuction:
    """Set-up of the repeated auction; money in units of the prize.

    Parameters
    ----------
    auction : str
        Format, a key of `formats.CODES`.
    values : tuple of float
        Value of the prize to each bidder.
    bids : tuple of float
        Grid of bids, the same for all.
    reserve : float
        Lowest bid that wins.
    rate, discount : float
        Learning rate and discount factor of the learners.
    decay, floor : float
        Exploration rate in auction t is max(exp(-decay t), floor).
    optimistic : bool
        Start all action values at value / (1 - discount) rather than 0.
    counterfactual : bool
        Whether bidders learn after each auction what every bid would have earned.
    """

    auction: str = "first_price"
    values: tuple[float, ...] = (1.0, 1.0)
    bids: tuple[float, ...] = tuple(round(0.05 * k, 2) for k in range(1, 20))
    reserve: float = 0.0
    rate: float = 0.05
    discount: float = 0.99
    decay: float = 2e-4
    floor: float = 0.0
    optimistic: bool = True
    counterfactual: bool = False


@dataclass(frozen=True)
class Learned:
    """Means over the last auctions: revenue, highest bid, payoff and win rate of each bidder; final greedy bids."""

    revenue: float
    highest_bid: float
    payoffs: np.ndarray
    wins: np.ndarray
    greedy_bids: np.ndarray


@njit(cache=True)
def would_earn(code, bids, bidder, worth, grid, reserve, u, payoffs):
    """Fill in what each bid of the grid would have earned a bidder, all else being the same: payoffs (points,)."""
    others, payments = bids.copy(), np.empty(bids.size)
    for b in range(grid.size):
        others[bidder] = grid[b]
        won = formats.settle(code, others, reserve, u, payments) == bidder
        payoffs[b] = (worth if won else 0.0) - payments[bidder]


@njit(cache=True, nogil=True)
def play(code, worth, grid, reserve, rate, discount, decay, floor, start, counterfactual, auctions, window, stream):
    """Run the learners for `auctions` rounds; returns sums over the last `window` and the final greedy actions.

    Returns
    -------
    totals : (2 + 2 n,) array of float
        Revenue, highest bid, then payoff of each bidder, then number of wins of each.
    greedy : (n,) array of int
        Index of each bidder's greedy bid at the end.
    """
    n, points = worth.size, grid.size
    # Row i of the stacked tables is bidder i's only state.
    values = np.empty((n, points))
    greedy, second = np.empty(n, np.int64), np.empty(n)
    explore, action = np.empty(n, np.int64), np.empty(n, np.int64)
    bids, payments, payoffs = np.empty(n), np.empty(n), np.empty(points)
    totals = np.zeros(2 + 2 * n)
    for i in range(n):
        values[i, :] = start[i]
        explore[i] = q_learning.next_exploration(0, decay, floor, stream)
    q_learning.lead(values, greedy, second, stream)
    for t in range(auctions):
        for i in range(n):
            action[i] = greedy[i]
            if t == explore[i]:
                action[i] = draws.below(stream, points)
                explore[i] = q_learning.next_exploration(t + 1, decay, floor, stream)
            bids[i] = grid[action[i]]
        u = draws.uniform(stream)
        winner = formats.settle(code, bids, reserve, u, payments)
        counted = t >= auctions - window
        if counted:
            totals[1] += bids.max()
        for i in range(n):
            payoff = (worth[i] if i == winner else 0.0) - payments[i]
            if counterfactual:
                would_earn(code, bids, i, worth[i], grid, reserve, u, payoffs)
                q_learning.update_all(values, greedy, second, i, payoffs, i, rate, discount, stream)
            else:
                q_learning.update(values, greedy, second, i, action[i], payoff, i, rate, discount, stream)
            if counted:
                totals[0] += payments[i]
                totals[2 + i] += payoff
        if counted and winner >= 0:
            totals[2 + n + winner] += 1.0
    return totals, greedy


def learn(game: RepeatedAuction, auctions: int, seed: int | np.random.SeedSequence, window: int = 10_000) -> Learned:
    """Let fresh learners play `auctions` rounds and report the means over the last `window` of them."""
    grid, worth = np.array(game.bids), np.array(game.values)
    window = min(window, auctions)
    totals, greedy = play(
        formats.CODES[game.auction],
        worth,
        grid,
        game.reserve,
        game.rate,
        game.discount,
        game.decay,
        game.floor,
        worth / (1.0 - game.discount) if game.optimistic else np.zeros_like(worth),
        game.counterfactual,
        auctions,
        window,
        draws.stream(seed),
    )
    means, n = totals / window, len(worth)
    return Learned(float(means[0]), float(means[1]), means[2 : 2 + n], means[2 + n :], grid[greedy])
