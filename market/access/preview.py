"""Trying intents out: they are executed on a copy of the state, and the copy is thrown away."""

from __future__ import annotations

from typing import Any

import numpy as np

from market.intents.rows import INTENT, Reason, Status
from market.state.store import State


class Trial:
    """Executes rows on a copy of a market's state.

    Parameters
    ----------
    state
        the market's
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._copy: State | None = None

    def _fresh(self) -> State:
        """Return a state with the same cells and a journal of its own; its memory is used again and again."""
        if self._copy is None:
            cells, journal = np.empty_like(self._state.cells), np.zeros_like(self._state.journal)
            self._copy = State(cells, journal, self._state.layout)
        self._copy.cells[:] = self._state.cells
        return self._copy

    def receipts(
        self, rows: np.ndarray, account: int, readable: np.ndarray, time: float, operator: int, guarantees: Any
    ) -> np.ndarray:
        """Return the receipts of rows executed on a copy of the state.

        Parameters
        ----------
        rows
            shape (n,), dtype `INTENT`; those of others are looked up by their number among `readable`
        account
            whose preview it is
        readable
            shape (m,), dtype `INTENT`: intents of others that it may read
        time
            when they are executed [s]
        operator
            account that receives tips and gas
        guarantees
            the part of the domain's regime that says how much of a bundle is held together

        Raises
        ------
        ValueError
            where a row is somebody else's and not to be read
        """
        tried = np.array(rows, INTENT).reshape(-1)
        for at in np.flatnonzero(tried["sender"] != account):
            found = np.flatnonzero(readable["id"] == tried["id"][at])
            if not found.size or readable["sealed"][found[0]]:
                raise ValueError(f"previews row {at}, which is neither its own nor one whose contents it may read")
            bundle = tried["bundle"][at]
            tried[at] = readable[found[0]]
            tried["bundle"][at] = bundle
        tried["status"], tried["reason"], tried["position"] = int(Status.PENDING), int(Reason.NONE), -1
        for name in ("filled_in", "filled_out", "fallback_out", "executed"):
            tried[name] = 0.0
        # somebody else's intent in a bundle is carried by it, and is executed on its own where the bundle fails
        tried["carried"] = (tried["sender"] != account) & (tried["bundle"] >= 0)
        # whatever order they are executed in, receipts are returned in that of the rows
        numbers, tried["id"] = tried["id"].copy(), np.arange(tried.size)
        guarantees.execute(self._fresh(), tried, time, operator, operator)
        tried = tried[np.argsort(tried["id"])]
        tried["id"] = numbers
        return tried
