"""Where a population of strategies goes: replicator paths and alpha-rank of a payoff table.

Sources: P. Taylor and L. Jonker (1978), Evolutionary stable strategies and game dynamics, Mathematical Biosciences 40;
S. Omidshafiei et al. (2019), alpha-Rank: multi-agent evaluation by evolution, Scientific Reports 9.
"""

import numpy as np

from agents.learning import moran, replicator


def evolve(payoffs: np.ndarray, start: np.ndarray, time: float = 100.0, steps: int = 10_000) -> np.ndarray:
    """Path of the replicator dynamics, (steps + 1, k), for payoffs (k, k) of row against column strategy."""
    return replicator.flow(np.array(payoffs, dtype=float), np.array(start, dtype=float), time, steps)


def alpha_rank(payoffs: np.ndarray, population: int = 50, alpha: float = 0.1) -> np.ndarray:
    """Stationary distribution of the single-population alpha-rank chain.

    In a population of `population` members that meet each other, a rare mutant either dies out or takes over, by a
    Moran process of intensity `alpha`; the chain moves between the uniform populations.

    Parameters
    ----------
    payoffs : (k, k) array of float
        Payoff of the row strategy against the column strategy.
    population : int
        Number of members m.
    alpha : float
        Intensity of selection, in 1 / payoff.

    Returns
    -------
    (k,) array of float
        Long-run share of time in which each strategy rules.
    """
    payoffs = np.asarray(payoffs, dtype=float)
    k = payoffs.shape[0]
    mutants = np.arange(1, population)
    chain = np.zeros((k, k))
    for resident in range(k):
        for mutant in range(k):
            if mutant != resident:
                # Nobody meets herself: a mutant sees one mutant less, a resident one resident less.
                a, b = payoffs[mutant, mutant], payoffs[mutant, resident]
                c, d = payoffs[resident, mutant], payoffs[resident, resident]
                own = ((mutants - 1) * a + (population - mutants) * b) / (population - 1)
                other = (mutants * c + (population - mutants - 1) * d) / (population - 1)
                chain[resident, mutant] = moran.fixation(own, other, alpha) / max(k - 1, 1)
        chain[resident, resident] = 1.0 - chain[resident].sum()
    system = np.vstack([chain.T - np.eye(k), np.ones(k)])
    target = np.zeros(k + 1)
    target[k] = 1.0
    return np.linalg.lstsq(system, target, rcond=None)[0]
