"""A constant-product pool as options: what its providers have sold, and what that costs.

A pool with reserves x and y has the liquidity L = sqrt(x y) and, at the price S, the value V(S) = 2 L sqrt(S). A
twice differentiable payoff is its tangent and, at every strike, its second derivative in options that are out of the
money: of the pool, -L / (2 K^1.5) dK. The strip is worth the same under every law of the price that agrees on the
options; on a lognormal price without drift, V (1 - exp(-sigma^2 T / 8)).
Sources: P. Carr and D. Madan (1998), Towards a theory of volatility trading, in R. Jarrow (ed.), Volatility, Risk
Books, for the payoff; J. Clark (2020), The replicating portfolio of a constant product market, SSRN 3550601, for the
pool.
"""

from __future__ import annotations

import math

import numpy as np


def sold(liquidity: float, strikes: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Options out of the money that a pool is short of at each strike [units of the underlying].

    Parameters
    ----------
    liquidity
        sqrt(x y) of the pool [sqrt(underlying x numeraire)]
    strikes
        in the middle of the prices that each stands for [numeraire]
    widths
        of these ranges of prices [numeraire]
    """
    return 0.5 * liquidity * strikes**-1.5 * widths


def strip_share(volatility: float, years: float) -> float:
    """Value of the strip over the pool's [1], on a lognormal price without drift."""
    return -math.expm1(-volatility * volatility * years / 8.0)
