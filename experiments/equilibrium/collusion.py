"""Screens for collusion. None of them is proof by itself.

High prices may come from a failure to learn to compete; what tells a cartel is that a deviation is punished and the
price comes back. Screens on bids alone raise suspicion where nobody can be made to deviate.

Sources: E. Calvano, G. Calzolari, V. Denicolo and S. Pastorello (2020), Artificial intelligence, algorithmic pricing,
and collusion, American Economic Review 110; R. Abrantes-Metz, L. Froeb, J. Geweke and C. Taylor (2006), A variance
screen for collusion, International Journal of Industrial Organization 24.
"""

from dataclasses import dataclass

import numpy as np

from market.sequencing.oversight._screens import bid_rotation

__all__ = ["Punishment", "bid_rotation", "collusion_index", "effective_bidders", "punishment", "variance_screen"]


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
