"""Replicator dynamics: strategies that earn more than the population's mean grow at the difference.

Source: P. Taylor and L. Jonker (1978), Evolutionary stable strategies and game dynamics, Mathematical Biosciences 40.
"""

import numpy as np
from numba import njit


@njit(cache=True)
def growth(payoffs: np.ndarray, own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Rate of change of the shares `own` (a,) against a population `other` (b,), for payoffs of shape (a, b)."""
    fitness = payoffs @ other
    return own * (fitness - own @ fitness)


@njit(cache=True)
def flow(payoffs: np.ndarray, start: np.ndarray, time: float, steps: int) -> np.ndarray:
    """Integrate the dynamics of one population that meets itself (Runge-Kutta of fourth order).

    Parameters
    ----------
    payoffs : (k, k) array of float
        Payoff of the row strategy against the column strategy.
    start : (k,) array of float
        Initial shares; not changed.
    time : float
        Length of the flow, in units of 1 / payoff.
    steps : int
        Number of equal steps.

    Returns
    -------
    (steps + 1, k) array of float
        Shares over time.
    """
    h = time / steps
    path = np.empty((steps + 1, start.size))
    path[0] = start
    for t in range(steps):
        x = path[t]
        k1 = growth(payoffs, x, x)
        y = x + 0.5 * h * k1
        k2 = growth(payoffs, y, y)
        y = x + 0.5 * h * k2
        k3 = growth(payoffs, y, y)
        y = x + h * k3
        k4 = growth(payoffs, y, y)
        path[t + 1] = x + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return path


@njit(cache=True)
def imitate(payoffs: np.ndarray, start: np.ndarray, intensity: float, periods: int) -> np.ndarray:
    """Discrete-time form: each period shares are multiplied by exp(intensity * fitness) and rescaled.

    Returns the final shares, (k,). Unlike the flow it keeps shares positive whatever the payoffs.
    """
    x = start.copy()
    for _ in range(periods):
        fitness = payoffs @ x
        x *= np.exp(intensity * (fitness - fitness.max()))
        x /= x.sum()
    return x
