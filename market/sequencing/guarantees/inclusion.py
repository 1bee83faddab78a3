"""Atomic inclusion: all members of a bundle are in the block or none, but each rollup executes its own.

It is what a shared sequencer can promise that orders and does not execute. On one rollup the members execute all or
none, as one transaction there does; a rollup on which they fail cannot revert those on another.
Source: Astria documentation (2024), on sequencers that order for rollups and do not execute.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from market.intents.bundles import Atomicity
from market.sequencing.guarantees.base import Guarantees
from market.state.store import State


class AtomicInclusion(Guarantees):
    """A bundle falls into a part for each of its rollups once the order is fixed."""

    kind: Literal["inclusion"] = "inclusion"
    atomicity: ClassVar[Atomicity] = Atomicity.INCLUSION

    def execute(self, state: State, rows: np.ndarray, time: float, builder: int, operator: int) -> None:
        """Execute each rollup's part of a bundle all or none, in the order in which the bundle comes to the rollups."""
        order, parts = apart(rows["bundle"], rows["rollup"])
        if order is None:
            super().execute(state, rows, time, builder, operator)
            return
        rows[:] = rows[order]
        bundles, rows["bundle"] = rows["bundle"].copy(), parts
        super().execute(state, rows, time, builder, operator)
        rows["bundle"] = bundles


def apart(bundle: np.ndarray, rollup: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
    """Return the order that puts each rollup's part of a bundle together, and the number of the part of each row.

    Parameters
    ----------
    bundle, rollup
        shape (n,): of the rows of a block; members of a bundle stand next to each other, -1: none

    Returns
    -------
    order, parts
        shape (n,) each, `parts` in the new order and -1 for rows in no bundle; no order where no bundle spans rollups
    """
    if not bundle.size:
        return None, bundle
    first = np.append(True, (bundle[1:] < 0) | (bundle[1:] != bundle[:-1]))
    unit = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    if not (rollup != rollup[starts][unit]).any():
        return None, bundle
    turn = np.zeros(bundle.size, np.int64)  # of a member's rollup, in its bundle
    for number in np.unique(unit[rollup != rollup[starts][unit]]):
        members = np.flatnonzero(unit == number)
        named = list(dict.fromkeys(rollup[members].tolist()))
        turn[members] = [named.index(at) for at in rollup[members].tolist()]
    order = np.lexsort((turn, unit))
    unit, turn = unit[order], turn[order]
    changes = np.append(True, (unit[1:] != unit[:-1]) | (turn[1:] != turn[:-1]))
    return order, np.where(bundle[order] >= 0, np.cumsum(changes) - 1, -1)
