"""Statistics of public bids that are low where bidders collude.

None of them is proof: rotation can be chance, and prices that move little can be those of a calm day.

Sources: A. Mood (1940), The distribution theory of runs, Annals of Mathematical Statistics 11; R. Abrantes-Metz, L.
Froeb, J. Geweke and C. Taylor (2006), A variance screen for collusion, International Journal of Industrial
Organization 24; R. Porter and D. Zona (1993), Detection of bid rigging in procurement auctions, Journal of Political
Economy 101 (bids of the losers that were never meant to win).
"""

from __future__ import annotations

import numpy as np


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


def rotation_chance(winners: np.ndarray, rng: np.random.Generator, shuffles: int = 199) -> float:
    """Chance of as few repeats or fewer if the same winners came in random order, by shuffling them.

    Exact in the sense that under random order it is at most a with a chance of at most a, for every a.
    """
    won = np.array(winners)
    repeats = int((won[1:] == won[:-1]).sum())
    as_few = 0
    for _ in range(shuffles):
        rng.shuffle(won)
        as_few += int((won[1:] == won[:-1]).sum()) <= repeats
    return (1 + as_few) / (1 + shuffles)


def variation(prices: np.ndarray) -> float:
    """Coefficient of variation of prices; 0 where they are all nothing."""
    prices = np.asarray(prices, dtype=float)
    mean = float(prices.mean())
    return float(prices.std()) / mean if mean > 0.0 else 0.0


def runner_up_ratio(bids: np.ndarray) -> float:
    """Sum of the second highest bids over that of the highest: (auctions, bidders) -> [1].

    What a second-price auction is paid over the highest bids: near 1 where bidders compete for what is worth about the
    same to all, near 0 where losers only pretend. 1 where nobody bids.
    """
    ranked = np.sort(np.asarray(bids, dtype=float), axis=1)
    highest = float(ranked[:, -1].sum())
    return float(ranked[:, -2].sum()) / highest if highest > 0.0 and ranked.shape[1] > 1 else 1.0
