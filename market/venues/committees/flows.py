"""What intents on committees take from their senders, told beforehand."""

from __future__ import annotations

from numba import njit

from market.intents.rows import Row
from market.state.store import State


@njit(cache=True)
def bond_given(state: State, row: Row) -> tuple[int, float]:
    """What is added to a bond [USD]."""
    return 0, row.amount


@njit(cache=True)
def bribe_given(state: State, row: Row) -> tuple[int, float]:
    """What is offered for a report [USD]."""
    return 0, row.amount
