"""What intents on lending markets take from their senders and where they bring something, told beforehand."""

from __future__ import annotations

from numba import njit

from market.intents.rows import Row
from market.state.store import State, index, length
from market.venues.lending.rules import collateral_rollup, owed
from market.venues.lending.tables import LendingMarket, Loan


@njit(cache=True)
def _exists(state: State, market: int) -> bool:
    return 0 <= market < length(state, LendingMarket.rollup)


@njit(cache=True)
def collateral_given(state: State, row: Row) -> tuple[int, float]:
    """Collateral that a deposit takes; nothing where it is taken on another rollup, and may fail there."""
    if not _exists(state, row.venue) or collateral_rollup(state, row.venue) != row.rollup:
        return 0, 0.0
    return index(state, LendingMarket.collateral, row.venue), row.amount


@njit(cache=True)
def funds_given(state: State, row: Row) -> tuple[int, float]:
    """Funds that a supplier pays in."""
    return (index(state, LendingMarket.debt, row.venue), row.amount) if _exists(state, row.venue) else (0, 0.0)


@njit(cache=True)
def debt_given(state: State, row: Row) -> tuple[int, float]:
    """Debt that a repayment takes: no more than is owed."""
    if not _exists(state, row.venue):
        return 0, 0.0
    debt = owed(state, row.target) if 0 <= row.target < length(state, Loan.market) else row.amount
    return index(state, LendingMarket.debt, row.venue), min(row.amount, debt)


@njit(cache=True)
def to_collateral(state: State, row: Row) -> int:
    """Rollup on which a liquidation hands out collateral."""
    return collateral_rollup(state, row.venue) if _exists(state, row.venue) else row.rollup
