"""Closed forms of the sandwich on a constant-product pool.

A front-run of a before a victim's v that must return at least m: with reserves x (in) and y (out) and phi = 1 - fee,
which stays outside of the curve, the victim gets m when (x + phi a)(x + phi a + phi v) = phi v x y / m. So the largest
a is the positive root of phi^2 a^2 + phi a (2 x + phi v) + x (x + phi v) - phi v x y / m = 0. Some a
pays iff phi (1 + phi v/x) > 1. Derived from the pool rule.
"""

from __future__ import annotations

import numpy as np
from numba import njit

GOLDEN = 0.6180339887498949


@njit(cache=True)
def largest_front_run(x: float, y: float, fee: float, v: float, m: float) -> float:
    """Largest input that still lets the victim have m [asset in]; 0 when the victim has no room (inf without limit)."""
    if m <= 0.0:
        return np.inf
    phi = 1.0 - fee
    linear = phi * (2.0 * x + phi * v)
    constant = x * (x + phi * v) - phi * v * x * y / m
    if constant >= 0.0:
        return 0.0
    root = np.sqrt(linear * linear - 4.0 * phi * phi * constant)
    # the stable form of (-linear + root) / (2 phi^2)
    return -2.0 * constant / (linear + root)


@njit(cache=True)
def pays(x: float, fee: float, v: float) -> bool:
    """Whether a sandwich of some size pays before costs."""
    phi = 1.0 - fee
    return phi * (1.0 + phi * v / x) > 1.0


@njit(cache=True)
def profit(x: float, y: float, fee: float, v: float, a: float) -> float:
    """Profit of front-running with a and selling all of it after the victim [asset in]."""
    phi = 1.0 - fee
    bought = y * phi * a / (x + phi * a)
    x1, y1 = x + phi * a, y - bought
    x2 = x1 + phi * v
    y2 = y1 - y1 * phi * v / x2
    return x2 * phi * bought / (y2 + phi * bought) - a


@njit(cache=True)
def best_front_run(x: float, y: float, fee: float, v: float, m: float, capital: float) -> tuple[float, float]:
    """Best size of the front-run within the victim's limit and one's capital, and its profit [asset in].

    Without a fee the profit grows with size; with a fee it is single-peaked: golden-section search inside the limit.
    """
    if not pays(x, fee, v):
        return 0.0, 0.0
    high = min(largest_front_run(x, y, fee, v, m), capital)
    if high <= 0.0:
        return 0.0, 0.0
    # rounding must not push the victim below its limit
    high *= 1.0 - 1e-12
    size, best = high, profit(x, y, fee, v, high)
    if fee > 0.0:
        low, top = 0.0, high
        for _ in range(60):
            left, right = top - GOLDEN * (top - low), low + GOLDEN * (top - low)
            if profit(x, y, fee, v, left) > profit(x, y, fee, v, right):
                top = right
            else:
                low = left
        inner = 0.5 * (low + top)
        if profit(x, y, fee, v, inner) > best:
            size, best = inner, profit(x, y, fee, v, inner)
    return (size, best) if best > 0.0 else (0.0, 0.0)
