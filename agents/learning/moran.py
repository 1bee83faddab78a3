"""Moran process: in a finite population one member at a time is replaced by a copy of a fitter one, or by a mutant.

Fitness is exp(selection * payoff). Sources: P. Moran (1958), Random processes in genetics, Mathematical Proceedings of
the Cambridge Philosophical Society 54; D. Fudenberg and L. Imhof (2006), Imitation processes with small mutations,
Journal of Economic Theory 131.
"""

import numpy as np
from numba import njit

from agents.learning import draws


@njit(cache=True)
def simulate(
    payoffs: np.ndarray, counts: np.ndarray, selection: float, mutation: float, periods: int, stream: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Let a population evolve for `periods` replacements.

    Parameters
    ----------
    payoffs : (k, k) array of float
        Payoff of the row strategy against the column strategy; members meet all others equally often.
    counts : (k,) array of int
        Initial number of members by strategy; not changed.
    selection : float
        Intensity of selection, in 1 / payoff.
    mutation : float
        Probability that a newborn takes a random strategy.

    Returns
    -------
    shares : (k,) array of float
        Mean share of each strategy over time.
    last : (k,) array of int
        Members by strategy at the end.
    """
    k = counts.size
    now = counts.copy()
    size = now.sum()
    mean = np.zeros(k)
    birth = np.empty(k)
    for _ in range(periods):
        top = -np.inf
        for a in range(k):
            earned = -payoffs[a, a]  # nobody meets herself
            for b in range(k):
                earned += now[b] * payoffs[a, b]
            birth[a] = selection * earned / (size - 1)
            if now[a] > 0:
                top = max(top, birth[a])
        total = 0.0
        for a in range(k):
            birth[a] = now[a] * np.exp(birth[a] - top) if now[a] > 0 else 0.0
            total += birth[a]
        for a in range(k):
            birth[a] /= total
        newborn = draws.choice(stream, birth)
        if mutation > 0.0 and draws.uniform(stream) < mutation:
            newborn = draws.below(stream, k)
        dead = draws.below(stream, size)
        for a in range(k):
            if dead < now[a]:
                now[a] -= 1
                break
            dead -= now[a]
        now[newborn] += 1
        for a in range(k):
            mean[a] += now[a] / size
    return mean / periods, now


@njit(cache=True)
def fixation(mutant: np.ndarray, resident: np.ndarray, selection: float) -> float:
    """Probability that a single mutant takes over a population of residents.

    Parameters
    ----------
    mutant, resident : (m - 1,) array of float
        Payoff of a mutant and of a resident when there are 1, ..., m - 1 mutants.
    selection : float
        Intensity of selection, in 1 / payoff.
    """
    total, exponent = 1.0, 0.0
    for i in range(mutant.size):
        exponent -= selection * (mutant[i] - resident[i])
        if exponent > 700.0:
            return 0.0
        total += np.exp(exponent)
    return 1.0 / total
