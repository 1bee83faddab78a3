"""The journal: what the cells held before an all-or-none stretch wrote them, so that it can be undone."""

from __future__ import annotations

from numba import boolean, float64, int64, njit, void

from market.state.store import STATE, State


@njit(void(STATE, int64, float64), cache=True)
def put(state: State, where: int, value: float) -> None:
    """Write one cell and remember what it held.

    A stretch that writes more than the journal holds stops writing; `full` says so, and the stretch is undone.
    """
    entry = 1 + 2 * int(state.journal[0])
    if entry + 1 < state.journal.size:
        state.journal[entry] = where
        state.journal[entry + 1] = state.cells[where]
        state.cells[where] = value
    state.journal[0] += 1.0


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
