"""A rollup's security module: a stake that covers deficits after the insurance funds, before anybody is deleveraged.

Source: the order in which Derive covers the deficit of an account that no auction could sell (documentation,
"Liquidations", 2025).
"""

from __future__ import annotations

from numba import float64, int64, njit

from market.state.journal import put
from market.state.ledger import Why, move
from market.state.store import STATE, State, balance, cell, get, index, length
from market.venues.liquidation.tables import Security


@njit(float64(STATE, int64), cache=True)
def stake_of(state: State, rollup: int) -> float:
    """What the security module of a rollup has left [USD]; 0 where there is none."""
    if length(state, Security.account) == 0:
        return 0.0
    return balance(state, index(state, Security.account, rollup), rollup, 0)


@njit(float64(STATE, int64, int64, float64), cache=True)
def cover(state: State, payee: int, rollup: int, missing: float) -> float:
    """Let the security module of a rollup pay what is missing, as far as its stake goes; returns what it paid [USD].

    A stake that cannot pay returns -1.
    """
    paid = min(stake_of(state, rollup), missing)
    if not paid > 0.0:
        return 0.0
    if not move(state, index(state, Security.account, rollup), payee, rollup, 0, paid, Why.SECURITY):
        return -1.0
    put(state, cell(state, Security.paid, rollup), get(state, Security.paid, rollup) + paid)
    return paid
