"""Fresh rows in compiled code: every field of a blank row, then what every sender has to say."""

from __future__ import annotations

import numpy as np

from market.intents.rows import Rows, blank
from market.kernel.compiled import kernel
from market.kernel.row_copy import copy_row

BLANK = blank(1)
"""What a fresh row is copied from, so that compiled code and Python agree on what blank means."""


@kernel
def clear(rows: Rows, at: int) -> None:
    """Make rows[at] blank."""
    copy_row(rows, at, BLANK, 0)


@kernel
def write(
    rows: Rows,
    at: int,
    sender: int,
    rollup: int,
    kind: np.int64,
    venue: int | np.int64,
    target: int | np.int64,
    purpose: int,
    sent: float,
    arrival: float,
    expiry: float,
) -> None:
    """Make rows[at] blank but for who sends what where, and when [s]; amounts, assets, limit and tip are left at 0."""
    copy_row(rows, at, BLANK, 0)
    row = rows[at]
    row.sender, row.rollup, row.kind, row.venue, row.target = sender, rollup, kind, venue, target
    row.purpose, row.sent, row.arrival, row.expiry = purpose, sent, arrival, expiry
