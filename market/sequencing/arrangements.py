"""What an author hands in as an arrangement: whether it is one, before anything is done with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from market.access.protocols import Arrangement
from market.intents.rows import INTENT, Purpose
from market.venues import KINDS

FINITE = ("amount", "limit", "tip", "sent", "arrival", "mid")
"""Numbers of an inserted intent that must be finite."""
TIMES = ("sent", "arrival")
"""Times of an inserted intent that must not be negative."""


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
    return _malformed_insertion(inserted, rollups) if inserted.size else ""


def _malformed_insertion(inserted: np.ndarray, rollups: tuple[int, ...]) -> str:
    """Return what is wrong with the author's own intents; "" if nothing."""
    if not np.isin(inserted["rollup"], rollups).all():
        return "inserts an intent on a rollup of another domain"
    if not all(np.isfinite(inserted[name]).all() for name in FINITE):
        return "inserts an intent with a number that is not finite"
    if np.isnan(inserted["expiry"]).any() or any((inserted[name] < 0.0).any() for name in TIMES):
        return "inserts an intent with a time that is none"
    for name, names in (("purpose", Purpose), ("kind", KINDS)):
        if (inserted[name] < 0).any() or (inserted[name] >= len(names)).any():
            return f"inserts an intent of an unknown {name}"
    return ""


def plain(arrangement: Arrangement) -> Arrangement:
    """Return an arrangement with arrays of the one kind that compiled functions take: own, writable, of int64."""
    order, bundle, inserted = arrangement
    return Arrangement(np.array(order, np.int64), np.array(bundle, np.int64), np.array(inserted, INTENT))
