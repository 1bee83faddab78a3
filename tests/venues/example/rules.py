"""What one does with a vault."""

from __future__ import annotations

import numpy as np
from market.venues.vaults.tables import Vault
from numba import njit

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.ledger import Why, move
from market.state.store import State, cell, get, index, length


@njit(cache=True)
def _check(state: State, row: Row) -> int:
    if row.venue < 0 or row.venue >= length(state, Vault.rollup) or index(state, Vault.rollup, row.venue) != row.rollup:
        return Reason.WRONG_VENUE
    return Reason.NONE if row.amount > 0.0 and np.isfinite(row.amount) else Reason.BAD_AMOUNT


@njit(cache=True)
def given(state: State, row: Row) -> tuple[int, float]:
    """Money that a deposit takes."""
    return 0, row.amount


@njit(cache=True)
def moved(state: State, row: Row) -> float:
    """Money that a deposit moves [USD]."""
    return row.amount


@njit(cache=True)
def deposit(state: State, row: Row, time: float) -> int:
    """Pay in, and become the vault's owner."""
    wrong = _check(state, row)
    if wrong != Reason.NONE:
        return wrong
    if not move(state, row.sender, index(state, Vault.account, row.venue), row.rollup, 0, row.amount, Why.PAYMENT):
        return Reason.INSUFFICIENT_BALANCE
    put(state, cell(state, Vault.held, row.venue), get(state, Vault.held, row.venue) + row.amount)
    put(state, cell(state, Vault.owner, row.venue), float(row.sender))
    row.filled_in = row.amount
    return Reason.NONE


@njit(cache=True)
def withdraw(state: State, row: Row, time: float) -> int:
    """Take out, as the vault's owner."""
    wrong = _check(state, row)
    if wrong != Reason.NONE:
        return wrong
    if index(state, Vault.owner, row.venue) != row.sender:
        return Reason.NOT_OWNER
    left = get(state, Vault.held, row.venue) - row.amount
    if left < 0.0:
        return Reason.NO_LIQUIDITY
    if not move(state, index(state, Vault.account, row.venue), row.sender, row.rollup, 0, row.amount, Why.PAYMENT):
        return Reason.NO_LIQUIDITY
    put(state, cell(state, Vault.held, row.venue), left)
    row.filled_out = row.amount
    return Reason.NONE
