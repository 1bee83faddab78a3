"""Sealed auctions with private values: playing given bid functions, measuring their regret, and learning them.

n bidders have independent values uniform on [0, 1]. `learn` lets them find a bid function by regret matching, value by
value, from what each bid would have earned; nobody is told the distribution of values, the number of rivals or the
format.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from agents.learning import draws, gradient, regret_matching
from market.sequencing.auctions import _formats as formats

NO_BID = -1.0


@dataclass(frozen=True)
class Played:
    """Auctions played: winner (auctions,), -1 when unsold; payments and payoffs (auctions, n)."""

    winners: np.ndarray
    payments: np.ndarray
    payoffs: np.ndarray

    @property
    def revenue(self) -> np.ndarray:
        """Money collected by auction, (auctions,)."""
        return self.payments.sum(axis=1)


@njit(cache=True)
def _settle_all(code, bids, reserve, stream, payments, winners):
    for k in range(bids.shape[0]):
        winners[k] = formats.settle(code, bids[k], reserve, draws.uniform(stream), payments[k])


def play(auction: str, values: np.ndarray, bids: np.ndarray, reserve: float = 0.0, seed: int = 0) -> Played:
    """Settle many auctions.

    Parameters
    ----------
    auction : str
        Format, a key of `formats.CODES`.
    values, bids : (auctions, n) array of float
        Values of the bidders and what they bid; NO_BID stays away. Neither is changed.
    """
    payments = np.empty(bids.shape)
    winners = np.empty(bids.shape[0], np.int64)
    _settle_all(formats.CODES[auction], np.array(bids, dtype=float), reserve, draws.stream(seed), payments, winners)
    won = winners[:, None] == np.arange(bids.shape[1])
    return Played(winners, payments, np.where(won, values, 0.0) - payments)


def uniform_values(auctions: int, bidders: int, seed: int) -> np.ndarray:
    """Values uniform on [0, 1] with exactly even margins (a Latin hypercube), (auctions, bidders)."""
    rng = np.random.default_rng(seed)
    strata = np.argsort(rng.random((auctions, bidders)), axis=0)
    return (strata + rng.random((auctions, bidders))) / auctions


def cartel_bids(values: np.ndarray, members: int) -> np.ndarray:
    """Bids when the first `members` bidders collude and send only the bid of the one of them with the highest value."""
    bids = values.copy()
    cartel = values[:, :members]
    bids[:, :members] = np.where(cartel == cartel.max(axis=1, keepdims=True), cartel, NO_BID)
    return bids


@njit(cache=True)
def _interim(code, own, rivals, reserve, stream, wins, pays):
    n = rivals.shape[1] + 1
    bids, payments = np.empty(n), np.empty(n)
    for k in range(rivals.shape[0]):
        u = draws.uniform(stream)
        bids[1:] = rivals[k]
        for b in range(own.size):
            bids[0] = own[b]
            if formats.settle(code, bids, reserve, u, payments) == 0:
                wins[b] += 1.0
            pays[b] += payments[0]


def interim(
    auction: str, own: np.ndarray, rivals: np.ndarray, reserve: float = 0.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Chance of winning and expected payment of bids `own` (k,) against sampled `rivals` (samples, n - 1)."""
    wins, pays = np.zeros(own.size), np.zeros(own.size)
    _interim(
        formats.CODES[auction],
        np.array(own, dtype=float),
        np.array(rivals, dtype=float),
        reserve,
        draws.stream(seed),
        wins,
        pays,
    )
    return wins / len(rivals), pays / len(rivals)


def regret(
    auction: str,
    values: np.ndarray,
    bids: np.ndarray,
    alternatives: np.ndarray,
    rivals: np.ndarray,
    reserve: float = 0.0,
) -> tuple[float, np.ndarray]:
    """Mean over `values` of what the best alternative bid gains over the bid that the function prescribes.

    Parameters
    ----------
    values, bids : (k,) array of float
        Equally likely values and the bid at each.
    alternatives : (m,) array of float
        Bids to deviate to.
    rivals : (samples, n - 1) array of float
        Sample of the rivals' bids.

    Returns
    -------
    regret : float
        Ex-ante regret of one bidder.
    gains : (k,) array of float
        Regret by value.
    """
    wins, pays = interim(auction, np.concatenate([bids, alternatives, [NO_BID]]), rivals, reserve)
    utility = values[:, None] * wins - pays
    gains = utility.max(axis=1) - utility[np.arange(values.size), np.arange(values.size)]
    return float(gains.mean()), gains


@dataclass(frozen=True)
class BidFunction:
    """A learned bid function: the values (middles of equal bins) and the mean bid at each, both (k,)."""

    values: np.ndarray
    bids: np.ndarray

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Bids at any values, interpolated linearly."""
        return np.interp(values, self.values, self.bids)


@njit(cache=True, nogil=True)
def _learn(code, grid, bins, bidders, reserve, rounds, stream, average):
    regrets = np.zeros((bins, grid.size))
    policy = np.full((bins, grid.size), 1.0 / grid.size)
    bin_of, action = np.empty(bidders, np.int64), np.empty(bidders, np.int64)
    value, bids, payments = np.empty(bidders), np.empty(bidders), np.empty(bidders)
    payoffs = np.empty(grid.size)
    for t in range(rounds):
        for i in range(bidders):
            value[i] = draws.uniform(stream)
            bin_of[i] = int(value[i] * bins)
            action[i] = draws.choice(stream, policy[bin_of[i]])
            bids[i] = grid[action[i]]
        u = draws.uniform(stream)
        for i in range(bidders):
            middle = (bin_of[i] + 0.5) / bins
            own = bids[i]
            for b in range(grid.size):
                bids[i] = grid[b]
                won = formats.settle(code, bids, reserve, u, payments) == i
                payoffs[b] = (middle if won else 0.0) - payments[i]
            bids[i] = own
            k = bin_of[i]
            regret_matching.accumulate(regrets[k], payoffs, float(payoffs[action[i]]), False)
            regret_matching.probabilities(regrets[k], policy[k])
            # Later play counts more: early policies are still far from where they end.
            for b in range(grid.size):
                average[k, b] += t * policy[k, b]


def learn(
    auction: str,
    bidders: int,
    rounds: int,
    seed: int,
    reserve: float = 0.0,
    bins: int = 40,
    grid: np.ndarray | None = None,
) -> BidFunction:
    """Let bidders who share their experience find a symmetric bid function by regret matching.

    Parameters
    ----------
    rounds : int
        Auctions played.
    bins : int
        Equal bins of the value, each learning its own bid.
    grid : (m,) array of float, optional
        Bids that may be tried, by default 0, .01, ..., 1.
    """
    grid = np.linspace(0.0, 1.0, 101) if grid is None else np.array(grid, dtype=float)
    average = np.zeros((bins, grid.size))
    _learn(formats.CODES[auction], grid, bins, bidders, reserve, rounds, draws.stream(seed), average)
    total = average.sum(axis=1, keepdims=True)
    weights = np.divide(average, total, out=np.full_like(average, 1.0 / grid.size), where=total > 0)
    return BidFunction((np.arange(bins) + 0.5) / bins, weights @ grid)


def learn_shade(
    auction: str, bidders: int, seed: int, steps: int = 400, batch: int = 4_000, width: float = 0.05
) -> float:
    """Let bidders who bid a fixed share of their value find that share by climbing the slope of their payoff.

    Both probes of a step face the same rivals and values, so that their difference is mostly slope and little noise.
    """
    share = 0.5 / bidders + 0.2
    for step in range(steps):
        # The payoff bends at the rivals' share, so that wide probes are biased; they narrow as the noise averages out.
        reach = width / (1 + step) ** 0.25
        values = uniform_values(batch, bidders, seed * steps + step)
        payoff = np.empty(2)
        for side, probe in enumerate((share + reach, share - reach)):
            bids = share * values
            bids[:, 0] = probe * values[:, 0]
            payoff[side] = play(auction, values, bids, seed=step).payoffs[:, 0].mean()
        # The payoff's curvature is about -1 whatever the number of bidders, so one pace suits all.
        rate = 1.0 / (1 + 0.05 * step)
        share = gradient.climb(share, payoff[0], payoff[1], reach, rate, 0.0, 1.0)
    return share
