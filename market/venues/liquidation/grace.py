"""Grace periods: after an outage of its sequencer, nobody on a rollup is liquidated for a time."""

from __future__ import annotations

from numba import boolean, int64, njit

from market.state.store import STATE, State, get
from market.state.tables import Rollup


@njit(boolean(STATE, int64), cache=True)
def in_grace(state: State, rollup: int) -> bool:
    """Whether liquidations on a rollup have not begun again after an outage of its sequencer."""
    return get(state, Rollup.grace, rollup) > 0.0
