"""Funding of perpetuals: what longs pay shorts per unit of value and period.

rate = P + clamp(I - P, -c, c), within -cap and cap, of the premium P of the maker's mid over the oracle's price and an
interest part I. As long as the premium is within c of the interest, the rate is the interest; beyond, it is the premium
brought nearer to the interest by c. Without a clamp, c = 0, it is the premium.

Venues average the premium over a period and charge at its end; here it is charged as it stands, at every moment.
Source: the formula that venues publish, with I of 0.01% and c of 0.05% per 8 hours: BitMEX, "Perpetual contracts guide"
(2016); Binance, "Introduction to funding rates" (2019); Hyperliquid documentation, "Funding" (2024).
"""

from __future__ import annotations

from numba import float64, int64, njit, void

from market.state.store import STATE, State, cell, get, length
from market.venues.perpetuals.instrument import price_of
from market.venues.perpetuals.rules import premium
from market.venues.perpetuals.tables import Perpetual


@njit(float64(float64, float64, float64, float64), cache=True)
def rate_of(premium: float, interest: float, clamp: float, cap: float) -> float:
    """Funding rate per period; all arguments are shares of value per period [1]; `cap` may be inf."""
    towards = min(max(interest - premium, -clamp), clamp)
    return min(max(premium + towards, -cap), cap)


@njit(float64(STATE, int64), cache=True)
def funding_rate(state: State, market: int) -> float:
    """Share of value that longs of a perpetual pay shorts per period, as of now [1]."""
    return rate_of(
        premium(state, market),
        get(state, Perpetual.interest, market),
        get(state, Perpetual.clamp, market),
        get(state, Perpetual.cap, market),
    )


@njit(void(STATE, float64), cache=True)
def accrue(state: State, time: float) -> None:
    """Let funding accrue up to `time`. Not journalled: time is nobody's intent."""
    for market in range(length(state, Perpetual.rollup)):
        elapsed = time - get(state, Perpetual.funded_at, market)
        if elapsed > 0.0:
            rate = funding_rate(state, market) * price_of(state, market) / get(state, Perpetual.period, market)
            state.cells[cell(state, Perpetual.funding, market)] += rate * elapsed
            state.cells[cell(state, Perpetual.funded_at, market)] = time
