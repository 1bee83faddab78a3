"""Liquidations that a wrong price has caused: of loans whose collateral is enough at reference prices."""

from __future__ import annotations

from numba import float64, int64, njit, void

from market.state.journal import put
from market.state.store import STATE, State, cell, get, index
from market.state.tables import Asset
from market.venues.lending.rules import health_at
from market.venues.lending.tables import LendingMarket, Loan


@njit(void(STATE, int64, float64), cache=True)
def note(state: State, position: int, debt: float) -> None:
    """Add debt [debt asset] of a position that is being liquidated, if reference prices call the position healthy."""
    market = index(state, Loan.market, position)
    owed_in = get(state, Asset.price, index(state, LendingMarket.debt, market))
    ratio = get(state, Asset.price, index(state, LendingMarket.collateral, market)) / owed_in
    if health_at(state, position, ratio / get(state, LendingMarket.index, market)) >= 1.0:
        where = cell(state, LendingMarket.wrongful, market)
        put(state, where, state.cells[where] + debt * owed_in)
