"""The volatility at which the fees of a pool pay for what its providers lose to those who know the price.

A constant-product pool loses sigma^2 / 8 of its value a year, the rate at which its strip of options decays. To be held
beside the volatility that options imply, and the realised one.
Source: J. Milionis, C. C. Moallemi, T. Roughgarden and A. L. Zhang (2022), Automated market making and
loss-versus-rebalancing, arXiv 2208.06046.
"""

from __future__ import annotations

import math


def loss_rate(volatility: float) -> float:
    """Loss of a constant-product pool over its value [1/year]."""
    return volatility * volatility / 8.0


def fee_implied_volatility(fee_yield: float) -> float:
    """Return the volatility at which fees break even [1/sqrt(year)]; raises ValueError for a yield below 0.

    Parameters
    ----------
    fee_yield
        fees over the value of a constant-product pool [1/year]
    """
    return math.sqrt(8.0 * fee_yield)
