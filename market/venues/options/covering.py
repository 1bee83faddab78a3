"""Calls that are covered: so many units of the underlying lie in the vault for them, and are what they are paid in.

A call never pays more than a unit of its underlying is worth. So what is covered needs no margin, counts neither in
equity nor among what is sold of an account, and is paid whatever the price is.
"""

from __future__ import annotations

from numba import float64, int64, njit

from market.state.store import STATE, State, get
from market.venues.options.tables import Position


@njit(float64(STATE, int64), cache=True)
def covered(state: State, position: int) -> float:
    """Calls owed of a position for which its cover stands [options]."""
    return min(get(state, Position.cover, position), max(-get(state, Position.quantity, position), 0.0))


@njit(float64(STATE, int64), cache=True)
def exposed(state: State, position: int) -> float:
    """What a position is besides what is covered of it; below 0: owed [options]."""
    return get(state, Position.quantity, position) + covered(state, position)
