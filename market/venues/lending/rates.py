"""Borrowing rates that follow utilisation, and who gets the interest.

With the utilisation U = debt / (cash + debt), the rate is base + slope_below x min(U, k) / k + slope_above x
max(0, U - k) / (1 - k): it rises gently up to the kink k, and steeply beyond it, so that funds are left for those who
want theirs back. A constant rate is one without slopes. Of the interest that accrues on debts, the reserve factor is
kept for the protocol; the rest is added to the claims of the suppliers, in proportion.
Sources: Leshner and Hayes (2019), Compound: the money market protocol, for rates and reserves; Aave protocol whitepaper
(2020), section 1.2, for the kink.
"""

from __future__ import annotations

from numba import float64, int64, njit, void

from market.state.store import STATE, State, balance, cell, get, index
from market.venues.lending.tables import LendingMarket


@njit(float64(STATE, int64), cache=True)
def cash(state: State, market: int) -> float:
    """Funds of a market that are not lent out [debt asset]."""
    account, rollup = index(state, LendingMarket.account, market), index(state, LendingMarket.rollup, market)
    return balance(state, account, rollup, index(state, LendingMarket.debt, market))


@njit(float64(STATE, int64), cache=True)
def utilisation(state: State, market: int) -> float:
    """Share of a market's funds that is lent out: from 0 to 1; 0 without debt."""
    debt = get(state, LendingMarket.scaled_debt, market) * get(state, LendingMarket.index, market)
    return debt / (cash(state, market) + debt) if debt > 0.0 else 0.0


@njit(float64(float64, float64, float64, float64, float64), cache=True)
def kinked(used: float, base: float, kink: float, below: float, above: float) -> float:
    """Borrowing rate at a utilisation `used`, in the unit of `base`, `below` and `above`; `kink` in (0, 1)."""
    return base + below * min(used, kink) / kink + above * max(0.0, used - kink) / (1.0 - kink)


@njit(float64(STATE, int64), cache=True)
def borrowing_rate(state: State, market: int) -> float:
    """Continuously compounded borrowing rate of a market as of now [1/s]."""
    base = get(state, LendingMarket.floor, market)
    below, above = get(state, LendingMarket.slope_below, market), get(state, LendingMarket.slope_above, market)
    if below == 0.0 and above == 0.0:
        return base
    return kinked(utilisation(state, market), base, get(state, LendingMarket.kink, market), below, above)


@njit(void(STATE, int64, float64), cache=True)
def hand_out(state: State, market: int, interest: float) -> None:
    """Add interest to reserves and suppliers' claims [debt asset]. Not journalled: time is nobody's intent."""
    claims = get(state, LendingMarket.supplied, market) * get(state, LendingMarket.supply_index, market)
    kept = interest * get(state, LendingMarket.reserve_factor, market) if claims > 0.0 else interest
    state.cells[cell(state, LendingMarket.reserves, market)] += kept
    if claims > 0.0:
        state.cells[cell(state, LendingMarket.supply_index, market)] *= 1.0 + (interest - kept) / claims
