"""What an author hands in as an arrangement: whether it is one, before anything is done with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from market.access.protocols import Arrangement
from market.intents.rows import INTENT, Purpose, Rows
from market.kernel.compiled import kernel
from market.venues import KINDS

PURPOSES, ALL_KINDS = len(Purpose), len(KINDS)
INSERTIONS = (
    "",
    "inserts an intent on a rollup of another domain",
    "inserts an intent with a number that is not finite",
    "inserts an intent with a time that is none",
    "inserts an intent of an unknown purpose",
    "inserts an intent of an unknown kind",
)


def malformed(arrangement: Any, pending: int, rollups: tuple[int, ...]) -> str:
    """Return what is wrong with an arrangement before its order is looked at; "" if nothing.

    Parameters
    ----------
    arrangement
        whatever the author returned
    pending
        how many pending intents it may name
    rollups
        those whose block it is
    """
    if not isinstance(arrangement, Arrangement):
        return f"is a {type(arrangement).__name__}; allowed: an Arrangement"
    order, bundle, inserted = arrangement
    for name, array in zip(Arrangement._fields, arrangement, strict=True):
        if not isinstance(array, np.ndarray):
            return f"has a {type(array).__name__} as {name}; allowed: an array"
    if order.shape != bundle.shape or order.ndim != 1:
        return f"has {order.shape} places and {bundle.shape} bundles; allowed: one of each per intent"
    if order.size and not (order.dtype.kind in "iu" and bundle.dtype.kind in "iu"):
        return f"has places of type {order.dtype} and bundles of type {bundle.dtype}; allowed: whole numbers"
    if inserted.dtype != INTENT or inserted.ndim != 1:
        return f"inserts an array of type {inserted.dtype} and shape {inserted.shape}; allowed: (n,) of INTENT"
    if order.size > pending + inserted.size:
        return f"orders {order.size} intents; there are {pending} pending and {inserted.size} inserted ones"
    return INSERTIONS[_insertion_fault(inserted, np.array(rollups))] if inserted.size else ""


@kernel
def _insertion_fault(inserted: Rows, rollups: np.ndarray) -> int:
    """Number of what is wrong with the author's own intents, by `INSERTIONS`: the first of them that any has."""
    worst = 0
    for k in range(inserted.size):
        row = inserted[k]
        here = False
        for rollup in rollups:
            here |= row.rollup == rollup
        # not finite: its difference from itself is not 0
        finite = (
            row.amount - row.amount == 0.0 and row.limit - row.limit == 0.0 and row.tip - row.tip == 0.0
            and row.sent - row.sent == 0.0 and row.arrival - row.arrival == 0.0 and row.mid - row.mid == 0.0
        )  # fmt: skip
        fault = 0
        if not here:
            fault = 1
        elif not finite:
            fault = 2
        elif row.expiry != row.expiry or row.sent < 0.0 or row.arrival < 0.0:
            fault = 3
        elif not 0 <= row.purpose < PURPOSES:
            fault = 4
        elif not 0 <= row.kind < ALL_KINDS:
            fault = 5
        if fault and (worst == 0 or fault < worst):
            worst = fault
    return worst


def plain(arrangement: Arrangement) -> Arrangement:
    """Return an arrangement with arrays of the one kind that compiled functions take: contiguous, of int64."""
    order, bundle, inserted = arrangement
    return Arrangement(_plain(order, np.int64), _plain(bundle, np.int64), _plain(inserted, INTENT))


def _plain(array: np.ndarray, kind: Any) -> np.ndarray:
    """Return an array as it is, where nothing is to be changed: whoever writes the block only reads it."""
    same = type(array) is np.ndarray and array.dtype == kind and array.flags.c_contiguous
    return array if same else np.array(array, kind)
