"""Intents: what senders ask a sequencer to do, and what became of each (its receipt).

An intent and its receipt share one row of a record array: the sender fills the first block of fields, execution the
second. Rows are copied as a whole by the mempool and the block builders. Whole numbers are int64 throughout, so that a
compiled function has one form, not one for every mixture of widths.
"""

from __future__ import annotations

import struct
from collections import namedtuple
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import numpy as np

from market.kernel.interpreted import row_type


class Status(IntEnum):
    """Fate of an intent."""

    PENDING = 0
    FILLED = 1
    REVERTED = 2
    EXPIRED = 3
    PAUSED = 4


class Reason(IntEnum):
    """Why an intent was reverted (0: it was not)."""

    NONE = 0
    BAD_AMOUNT = 1
    INSUFFICIENT_BALANCE = 2
    LIMIT = 3
    WRONG_VENUE = 4
    UNHEALTHY = 5
    HEALTHY = 6
    NOT_OWNER = 7
    NO_LIQUIDITY = 8
    BRIDGE_EXHAUSTED = 9
    BUNDLE = 10  # another member of the bundle failed
    NO_PRICE = 11
    NOT_ALLOWED = 12
    TOO_LONG = 13
    CLOSED = 14  # no such auction is open, or its time is over
    GRACE = 15  # liquidations have not begun again after an outage


class Purpose(IntEnum):
    """What the sender says an intent is for. A label: no rule, no measure and nobody else reads it."""

    USER = 0
    SANDWICH = 1
    ARBITRAGE = 2
    LIQUIDATION = 3
    INVENTORY = 4
    BORROWER = 5
    SYSTEM = 6
    CYCLE = 7
    THIN_FLOW = 8  # a quote is taken back for want of trades to learn its spread from
    NO_SPREAD = 9  # a quote is taken back since no spread that its maker would ask for pays


INTENT = row_type(
    [
        ("id", np.int64),  # unique in a run, given by the mempool
        ("bundle", np.int64),  # members execute all or none; -1: none
        ("around", np.int64),  # id of the intent that a bundle wraps; -1: none
        ("sender", np.int64),  # account
        ("venue", np.int64),  # index into the venues of the kind
        ("target", np.int64),  # position or payee account; -1: none
        ("rollup", np.int64),
        ("asset_in", np.int64),
        ("asset_out", np.int64),
        ("kind", np.int64),
        ("purpose", np.int64),
        ("status", np.int64),
        ("reason", np.int64),
        ("sealed", np.int64),  # contents are hidden until the order is fixed
        ("carried", np.int64),  # 1: somebody else's intent inside a bundle; BATCHED: cleared with its neighbours
        ("position", np.int64),  # place in the block; -1: not included
        ("amount", np.float64),
        ("limit", np.float64),
        ("tip", np.float64),  # USD, paid when filled
        ("sent", np.float64),  # s
        ("arrival", np.float64),  # s, at the sequencer
        ("expiry", np.float64),  # s
        ("mid", np.float64),  # asset_out per asset_in at the mid when the intent was sent
        ("route", np.float64),  # uniform draw of the sender: decides who receives a private intent
        # the receipt
        ("filled_in", np.float64),
        ("filled_out", np.float64),
        (
            "fallback_out",
            np.float64,
        ),  # a carried swap's output at the state that its bundle found
        ("executed", np.float64),  # s
    ],
    align=True,
)

Row = Any
"""One row of `INTENT` in compiled code, where fields are attributes."""

Rows = Any
"""Rows of `INTENT` in compiled code: shape (n,); an item of it is a `Row`."""

BATCHED = 2
"""In `carried`: a swap that clears at one price with its neighbours on the same pool."""

CONTENT_FIELDS = (
    "venue",
    "target",
    "asset_in",
    "asset_out",
    "kind",
    "purpose",
    "amount",
    "limit",
    "mid",
    "around",
)
"""Fields that a sealed intent hides from everybody but its sender until the order is fixed."""


PLAIN = np.dtype((np.void, INTENT.itemsize))
"""A row as so many bytes: of rows with fields numpy goes through every field whenever it makes or copies any."""

NO_ROWS = np.zeros(0, INTENT)

ROW = struct.Struct("@" + "".join({"i": "q", "f": "d"}[INTENT[name].kind] for name in INTENT.names or ()))
"""A row of `INTENT` as Python packs it, in half the time that an assignment to the array takes."""

_Plain: Any = namedtuple("_Plain", INTENT.names or ())


def plain(rows: np.ndarray) -> list[Any]:
    """Return rows, shape (n,), of `INTENT` as tuples of plain numbers under the names of its columns.

    For whoever reads many columns of few rows: numpy takes several times as long for each number of a row.
    """
    return [_Plain._make(row) for row in ROW.iter_unpack(rows.tobytes())]


def in_line(rows: np.ndarray) -> np.ndarray:
    """Return rows as functions that are bound to them (`market.kernel.direct`) take them, which do not look.

    Raises TypeError for what is not a row of rows of `INTENT`.
    """
    if rows.dtype != INTENT or rows.ndim != 1:
        raise TypeError(f"rows are an array of type {rows.dtype} and shape {rows.shape}; allowed: (n,) of INTENT")
    return rows if rows.flags.c_contiguous else np.ascontiguousarray(rows)


def unwritten(count: int) -> np.ndarray:
    """Return rows to be written as a whole: shape (count,), dtype `INTENT`."""
    return np.ndarray(count, INTENT, np.empty(count, PLAIN))


def taken(rows: np.ndarray, places: np.ndarray | list[int]) -> np.ndarray:
    """Return copies of the rows of `INTENT` at some places, in that order."""
    plain = rows.view(PLAIN).take(places)
    return np.ndarray(plain.size, INTENT, plain)


def copied(rows: np.ndarray) -> np.ndarray:
    """Return a copy of rows of `INTENT`."""
    plain = rows.view(PLAIN).copy()
    return np.ndarray(plain.size, INTENT, plain)


def joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return rows of `INTENT` one after the other: numpy would ask at each call how to unite their fields."""
    plain = np.concatenate([part.view(PLAIN) for part in (NO_ROWS, *parts)])
    return np.ndarray(plain.size, INTENT, plain)


def blank(count: int) -> np.ndarray:
    """Rows with no content: shape (count,), dtype `INTENT`."""
    rows = np.zeros(count, INTENT)
    for name in ("bundle", "around", "target", "position", "id"):
        rows[name] = -1
    rows["expiry"] = np.inf
    return rows


BLANK_ROW = blank(1)[0].item()
"""The fields of one blank row as a tuple, in the order of `INTENT`."""
