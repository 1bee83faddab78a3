"""The journal: what the cells held before an all-or-none stretch wrote them, so that it can be undone."""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, njit, void

from market.kernel.compiled import kernel_of
from market.state.store import STATE, State


@njit(void(STATE, int64, float64), cache=True)
def put(state: State, where: int, value: float) -> None:
    """Write one cell and remember what it held.

    A stretch that writes more than the journal holds stops writing; `full` says so, and the stretch is undone.
    """
    entry = 1 + 2 * int(state.journal[0])
    if entry + 1 < state.journal.size:
        state.journal[np.uint64(entry)] = where
        state.journal[np.uint64(entry + 1)] = state.cells[np.uint64(where)]
        state.cells[np.uint64(where)] = value
    state.journal[0] += 1.0


@kernel_of(int64(STATE))
def writes_of(state: State) -> int:
    """How many writes the stretch has made so far."""
    return int(state.journal[0])


@kernel_of(int64(STATE, int64, int64, float64))
def put_next(state: State, writes: int, where: int, value: float) -> int:
    """Write as `put` does, where `writes` have been made so far, and return how many there are then.

    For loops of many writes, which then need not read the number from the journal and write it back each time: such a
    loop begins with `writes_of`, and writes the number into the journal before anybody else writes, and at its end.
    """
    entry = 1 + 2 * writes
    if entry + 1 < state.journal.size:
        state.journal[np.uint64(entry)] = where
        state.journal[np.uint64(entry + 1)] = state.cells[np.uint64(where)]
        state.cells[np.uint64(where)] = value
    return writes + 1


@kernel_of(int64(STATE, int64, int64, float64))
def change_next(state: State, writes: int, where: int, value: float) -> int:
    """Write as `put_next` does, if the cell holds something else: what stays the same takes no room in the journal."""
    return put_next(state, writes, where, value) if state.cells[where] != value else writes


@njit(void(STATE), cache=True)
def open_journal(state: State) -> None:
    """Start an all-or-none stretch."""
    state.journal[0] = 0.0


@njit(boolean(STATE), cache=True)
def full(state: State) -> bool:
    """Whether the stretch wrote more than the journal can undo."""
    return 2 * int(state.journal[0]) + 1 > state.journal.size


@njit(void(STATE), cache=True)
def undo(state: State) -> None:
    """Restore every cell written since `open_journal`, last write first, to the very bits it held."""
    writes = min(int(state.journal[0]), (state.journal.size - 1) // 2)
    for write in range(writes - 1, -1, -1):
        state.cells[int(state.journal[1 + 2 * write])] = state.journal[2 + 2 * write]
    state.journal[0] = 0.0
