"""Closed forms of the sandwich on a constant-product pool.

Reserves x (in) and y (out), phi = 1 - fee, and kappa the share of an input that enters the reserves: phi where the pool
keeps fees apart, 1 where it keeps them inside. A victim's v behind a front-run of a returns at least m as long as
phi kappa a^2 + a [x (phi + kappa) + phi^2 v] + x (x + phi v) - phi v x y / m <= 0, so the largest a is its positive
root. Some a pays iff (1 + kappa v/x)(1 + phi v/x) > 1/phi^2. Derived from the pool rule.
"""

from __future__ import annotations

import numpy as np
from numba import njit

GOLDEN = 0.6180339887498949


@njit(cache=True)
def largest_front_run(x: float, y: float, fee: float, kappa: float, v: float, m: float) -> float:
    """Largest input that still lets the victim have m [asset in]; 0 when the victim has no room (inf without limit)."""
    if m <= 0.0:
        return np.inf
    phi = 1.0 - fee
    square = phi * kappa
    linear = x * (phi + kappa) + phi * phi * v
    constant = x * (x + phi * v) - phi * v * x * y / m
    if constant >= 0.0:
        return 0.0
    root = np.sqrt(linear * linear - 4.0 * square * constant)
    # the stable form of (-linear + root) / (2 square)
    return -2.0 * constant / (linear + root)


@njit(cache=True)
def pays(x: float, fee: float, kappa: float, v: float) -> bool:
    """Whether a sandwich of some size pays before costs."""
    phi = 1.0 - fee
    return (1.0 + kappa * v / x) * (1.0 + phi * v / x) * phi * phi > 1.0


@njit(cache=True)
def profit(x: float, y: float, fee: float, kappa: float, v: float, a: float) -> float:
    """Profit of front-running with a and selling all of it after the victim [asset in]."""
    phi = 1.0 - fee
    bought = y * phi * a / (x + phi * a)
    x1, y1 = x + kappa * a, y - bought
    x2, y2 = x1 + kappa * v, y1 * x1 / (x1 + phi * v)
    return x2 * phi * bought / (y2 + phi * bought) - a


@njit(cache=True)
def best_front_run(
    x: float, y: float, fee: float, kappa: float, v: float, m: float, capital: float
) -> tuple[float, float]:
    """Best size of the front-run within the victim's limit and one's capital, and its profit [asset in].

    Without a fee the profit grows with size; with a fee it is single-peaked: golden-section search inside the limit.
    """
    if not pays(x, fee, kappa, v):
        return 0.0, 0.0
    high = min(largest_front_run(x, y, fee, kappa, v, m), capital)
    if high <= 0.0:
        return 0.0, 0.0
    # rounding must not push the victim below its limit
    high *= 1.0 - 1e-12
    size, best = high, profit(x, y, fee, kappa, v, high)
    if fee > 0.0:
        low, top = 0.0, high
        for _ in range(60):
            left, right = top - GOLDEN * (top - low), low + GOLDEN * (top - low)
            if profit(x, y, fee, kappa, v, left) > profit(x, y, fee, kappa, v, right):
                top = right
            else:
                low = left
        inner = 0.5 * (low + top)
        if profit(x, y, fee, kappa, v, inner) > best:
            size, best = inner, profit(x, y, fee, kappa, v, inner)
    return (size, best) if best > 0.0 else (0.0, 0.0)
