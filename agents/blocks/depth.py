"""Arbitrage of a pool against an outside market of finite depth: the best size where both prices give way.

What is had of the pool sells outside at a falling price, so the profit is concave in the size; its derivative is the
product of the pool's marginal rate and the outside market's, and the best size is where that product is 1.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.venues.outside.rules import output
from market.venues.pools.rules import output as pool_output

HALVINGS = 60
"""Of the interval that holds the best size: to the last bit of a double."""


@njit(cache=True)
def _marginal(
    amount: float, r_in: float, r_out: float, phi: float, fee: float, source: int, sink: int, prices: np.ndarray,
    depth: float, shift: np.ndarray,
) -> float:  # fmt: skip
    """What another unit into the pool brings back at last, in the asset given."""
    out = r_out * phi * amount / (r_in + phi * amount)
    rate = phi * r_in * r_out / (r_in + phi * amount) ** 2 * prices[sink]
    money = out * prices[sink]
    if sink != 0:
        rate *= np.exp(shift[sink] - money / depth)
        money = depth * np.exp(shift[sink]) * -np.expm1(-money / depth)
    if source != 0:
        rate *= np.exp(-shift[source]) / (1.0 + money * np.exp(-shift[source]) / depth)
    return rate / prices[source] * (1.0 - fee)


@njit(cache=True)
def against_depth(
    r_in: float, r_out: float, phi: float, fee: float, source: int, sink: int, prices: np.ndarray, depth: float,
    shift: np.ndarray,
) -> tuple[float, float, float]:  # fmt: skip
    """Best input into a pool whose output is sold outside.

    Parameters
    ----------
    r_in, r_out, phi
        the pool's reserves, and 1 less its fee
    fee
        of the outside market [1]
    source, sink
        assets given to and had of the pool; 0 is the numeraire
    prices, shift
        reference prices [USD], and logs of the outside market's over them: shape (assets,)
    depth
        of the outside market: value that moves a log price by 1 [USD]

    Returns
    -------
    input, output, profit in the input asset; zeros when none pays
    """
    if not _marginal(0.0, r_in, r_out, phi, fee, source, sink, prices, depth, shift) > 1.0:
        return 0.0, 0.0, 0.0
    low, high = 0.0, r_in
    while _marginal(high, r_in, r_out, phi, fee, source, sink, prices, depth, shift) > 1.0:
        low, high = high, 2.0 * high
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if _marginal(middle, r_in, r_out, phi, fee, source, sink, prices, depth, shift) > 1.0:
            low = middle
        else:
            high = middle
    out = pool_output(r_in, r_out, 1.0 - phi, low)
    back = output(out, sink, source, prices[sink], prices[source], depth, shift[sink], shift[source]) * (1.0 - fee)
    return low, out, back - low
