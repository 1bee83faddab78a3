"""Screens for collusion. None of them is proof by itself.

High prices may come from a failure to learn to compete; what tells a cartel is that a deviation is punished and the
price comes back. Screens on bids alone raise suspicion where nobody can be made to deviate.

Sources: E. Calvano, G. Calzolari, V. Denicolo and S. Pastorello (2020), Artificial intelligence, algorithmic pricing,
and collusion, American Economic Review 110; R. Abrantes-Metz, L. Froeb, J. Geweke and C. Taylor (2006), A variance
screen for collusion, International Journal of Industrial Organization 24; A. Mood (1940), The distribution theory of
runs, Annals of Mathematical Statistics 11.
"""

from dataclasses import dataclass

import numpy as np


def collusion_index(payoff: float, nash: float, monopoly: float) -> float:
    """Delta = (payoff - nash) / (monopoly - nash): 0 in the one-shot equilibrium, 1 at the joint maximum."""
    return (payoff - nash) / (monopoly - nash)


@dataclass(frozen=True)
class Punishment:
    """What follows a forced deviation.

    Parameters
    ----------
    depth : float
        Largest fall of the punishers' price after the deviation, in units of the price.
    length : int
        Periods after the deviation until the price stays within `within` of the depth of where it was; -1: never.
    unprofitable : float
        Share of sessions in which the deviation lowered the deviator's discounted profit.
    """

    depth: float
    length: int
    unprofitable: float


def punishment(changes: np.ndarray, gains: np.ndarray, within: float = 0.1) -> Punishment:
    """Depth and length of the punishment of a deviation in period 0.

    Parameters
    ----------
    changes : (sessions, periods) array of float
        Price of the punishers less what it would have been without the deviation.
    gains : (sessions,) array of float
        Discounted gain of the deviator.
    within : float
        Share of the depth that counts as recovered.
    """
    mean = np.asarray(changes).mean(axis=0)
    depth = float(max(-mean[1:].min(), 0.0))
    away = np.flatnonzero(np.abs(mean) > within * depth)
    recovered = depth == 0.0 or away[-1] < mean.size - 1
    length = (int(away[-1]) if depth > 0.0 else 0) if recovered else -1
    return Punishment(depth, length, float((np.asarray(gains) < 0).mean()))


def bid_rotation(winners: np.ndarray) -> tuple[float, float]:
    """Test whether bidders take turns.

    Parameters
    ----------
    winners : (auctions,) array of int
        Winner of each auction in order; negative entries (no winner) are left out.

    Returns
    -------
    repeats : float
        Share of auctions won by the winner of the one before.
    z : float
        Distance of the number of repeats from its mean if the same winners came in random order, in standard
        deviations; strongly negative when winners rotate.
    """
    won = np.asarray(winners)
    won = won[won >= 0]
    if won.size < 3:
        return float("nan"), float("nan")
    repeats = int((won[1:] == won[:-1]).sum())
    # Moments of the number of repeats when the same winners come in random order (those of runs of several kinds).
    size, counts = won.size, np.bincount(won).astype(float)
    squares, cubes = (counts**2).sum(), (counts**3).sum()
    mean = squares / size - 1
    variance = (squares * (squares + size * (size + 1)) - 2 * size * cubes - size**3) / (size**2 * (size - 1))
    z = (repeats - mean) / np.sqrt(variance) if variance > 0 else 0.0
    return repeats / (size - 1), float(z)


def variance_screen(prices: np.ndarray, window: int) -> np.ndarray:
    """Coefficient of variation of prices in consecutive windows of `window` auctions, (windows,).

    A cartel's price moves less, and less with cost or value, than a competitive one; what counts is a lasting fall.
    """
    prices = np.asarray(prices, dtype=float)
    blocks = prices[: prices.size // window * window].reshape(-1, window)
    mean = blocks.mean(axis=1)
    return np.divide(blocks.std(axis=1), np.abs(mean), out=np.full(mean.size, np.nan), where=mean != 0.0)


def effective_bidders(paid: np.ndarray, highest: np.ndarray) -> tuple[float, float]:
    """Ratio of money paid to highest bids, and the number of bidders that would explain it.

    With n bidders of independent uniform values in a second-price auction the ratio is (n - 1) / n, so that n_eff = 1 /
    (1 - ratio).

    Parameters
    ----------
    paid, highest : (auctions,) array of float
        What the winner paid and bid.

    Returns
    -------
    ratio, effective : float
        Ratio of the sums, and n_eff (infinite at ratio 1).
    """
    ratio = float(np.sum(paid) / np.sum(highest))
    return ratio, float("inf") if ratio >= 1.0 else 1.0 / (1.0 - ratio)
