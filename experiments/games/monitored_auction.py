"""Repeated auctions of Q-learners who may see the last price, and an authority that may notice cheap sales.

The set-up is that of `auction_learning`; added are what collusion feeds on and what stops it. With monitoring, bidders
remember the last winning bid, so that a low price can be kept up by answering a high one. The authority looks into a
sale below a suspicious price with some probability and fines everybody who took part.

Sources: M. Banchio and A. Skrzypacz (2022), Artificial intelligence and auction design, arXiv 2202.05947; E. Calvano,
G. Calzolari, V. Denicolo and S. Pastorello (2020), Artificial intelligence, algorithmic pricing, and collusion,
American Economic Review 110.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from agents.learning import draws, q_learning
from market.sequencing.auctions import _formats as formats


@dataclass(frozen=True)
class MonitoredAuction:
    """Set-up; money in units of the prize, whose value 1 is known to all.

    Parameters
    ----------
    auction : str
        Format, a key of `formats.CODES`, or "ticket_lottery".
    bidders : int
        Number of learners.
    discount : float
        Their patience.
    monitoring : bool
        Whether they remember the last winning bid.
    detection : float
        Probability that a sale below `suspicious` is looked into.
    suspicious : float
        Price below which a sale may be looked into.
    fine : float
        What every bidder pays for a sale that was looked into.
    bids : tuple of float
        Grid of bids.
    rate, decay : float
        Learning rate; exploration rate in auction t is exp(-decay t).
    """

    auction: str = "first_price"
    bidders: int = 2
    discount: float = 0.99
    monitoring: bool = False
    detection: float = 0.0
    suspicious: float = 0.5
    fine: float = 2.0
    bids: tuple[float, ...] = tuple(round(0.05 * k, 2) for k in range(1, 20))
    rate: float = 0.05
    decay: float = 2e-4

    @property
    def code(self) -> int:
        """Number of the format: a lottery of tickets is the Tullock contest with decisiveness 1."""
        return formats.CODES["tullock" if self.auction == "ticket_lottery" else self.auction]

    @property
    def all_pay(self) -> bool:
        """Whether losers pay too."""
        return self.auction in ("all_pay", "tullock", "ticket_lottery")

    @property
    def states(self) -> int:
        """Number of states that a bidder tells apart."""
        return len(self.bids) if self.monitoring else 1


@dataclass(frozen=True)
class Ended:
    """What learning ended in.

    Parameters
    ----------
    price, highest_bid : float
        Mean revenue and mean highest bid of the last auctions.
    repeats : float
        Share of those auctions won by the winner of the one before.
    greedy : (n, states) array of int
        Learned policies: index of the bid by state.
    state : int
        Last state.
    """

    price: float
    highest_bid: float
    repeats: float
    greedy: np.ndarray
    state: int


@njit(cache=True, nogil=True)
def _learn(code, n, grid, states, rules, learning, auctions, window, stream, values, greedy, second):
    detection, suspicious, fine = rules[0], rules[1], rules[2]
    rate, discount, decay = learning[0], learning[1], learning[2]
    explore, action = np.empty(n, np.int64), np.empty(n, np.int64)
    bids, payments = np.empty(n), np.empty(n)
    totals = np.zeros(3)
    for i in range(n):
        explore[i] = q_learning.next_exploration(0, decay, 0.0, stream)
    state, before = 0, -1
    for t in range(auctions):
        top = 0
        for i in range(n):
            action[i] = greedy[i * states + state]
            if t == explore[i]:
                action[i] = draws.below(stream, grid.size)
                explore[i] = q_learning.next_exploration(t + 1, decay, 0.0, stream)
            bids[i] = grid[action[i]]
            top = max(top, action[i])
        winner = formats.settle(code, bids, 0.0, draws.uniform(stream), payments)
        revenue = payments.sum()
        fined = revenue < suspicious and detection > 0.0 and draws.uniform(stream) < detection
        following = top if states > 1 else 0
        if t >= auctions - window:
            totals[0] += revenue
            totals[1] += grid[top]
            totals[2] += winner == before
        before = winner
        for i in range(n):
            payoff = (1.0 if i == winner else 0.0) - payments[i] - (fine if fined else 0.0)
            q_learning.update(
                values, greedy, second, i * states + state, action[i], payoff, i * states + following,
                rate, discount, stream,
            )  # fmt: skip
        state = following
    return totals / window, state


def learn(game: MonitoredAuction, auctions: int, seed: int | np.random.SeedSequence, window: int = 10_000) -> Ended:
    """Let fresh learners, who start optimistic, play `auctions` rounds; means are those of the last `window`."""
    window, stream = min(window, auctions), draws.stream(seed)
    values = np.full((game.bidders * game.states, len(game.bids)), 1.0 / (1.0 - game.discount))
    greedy, second = np.empty(len(values), np.int64), np.empty(len(values))
    q_learning.lead(values, greedy, second, stream)
    means, state = _learn(
        game.code,
        game.bidders,
        np.array(game.bids),
        game.states,
        np.array([game.detection, game.suspicious, game.fine]),
        np.array([game.rate, game.discount, game.decay]),
        auctions,
        window,
        stream,
        values,
        greedy,
        second,
    )
    return Ended(float(means[0]), float(means[1]), float(means[2]), greedy.reshape(game.bidders, -1), int(state))


def competitive_price(game: MonitoredAuction) -> float:
    """Revenue of the static equilibrium, in units of the prize.

    The highest of the grid where the winner alone pays; where all pay, all of the prize goes in bids in expectation (A.
    Hillman and J. Riley, 1989), (n - 1) / n of it in a lottery (G. Tullock, 1980).
    """
    if game.auction == "all_pay":
        return 1.0
    return (game.bidders - 1) / game.bidders if game.all_pay else max(game.bids)


def collusion_index(game: MonitoredAuction, price: float) -> float:
    """Delta of the bidders' joint profit: 0 in the static equilibrium, 1 at the lowest bids."""
    competitive, lowest = competitive_price(game), min(game.bids) * (game.bidders if game.all_pay else 1)
    return (competitive - price) / (competitive - lowest)


def deviate(game: MonitoredAuction, ended: Ended, periods: int = 15) -> tuple[np.ndarray, float]:
    """Force the first bidder to outbid the others by one step once, and follow the learned policies without learning.

    Returns
    -------
    change : (periods,) array of float
        Highest bid of the others less what it would have been without the deviation, the deviation being in period 0.
    gain : float
        Discounted expected payoff of the deviator over that of not deviating, in units of the prize. Ties are split.
    """
    grid, paths, payoffs = np.array(game.bids), [], []
    # as many even draws as bidders split a tie among all of them; a lottery is drawn by more
    evenly = 100 * game.bidders if game.auction in ("tullock", "ticket_lottery") else game.bidders
    for forced in (False, True):
        state, rivals, earned = ended.state, np.empty(periods), 0.0
        for t in range(periods):
            action = ended.greedy[:, state if game.monitoring else 0].copy()
            if forced and t == 0:
                action[0] = min(action[1:].max() + 1, grid.size - 1)
            bids, payments = grid[action], np.empty(game.bidders)
            for k in range(evenly):
                won = formats.settle(game.code, bids, 0.0, (k + 0.5) / evenly, payments) == 0
                earned += game.discount**t * (won - payments[0]) / evenly
            rivals[t] = bids[1:].max()
            state = int(action.max()) if game.monitoring else 0
        paths.append(rivals)
        payoffs.append(earned)
    return paths[1] - paths[0], payoffs[1] - payoffs[0]
