"""Exchanges handed in all at once, by strategies that write them in compiled code.

Here it is only found out whether something is amiss with one of them: what, the outbox says, which then takes them one
by one.
"""

from __future__ import annotations

import numpy as np

from market.intents.rows import Purpose, Rows, Status
from market.kernel.compiled import kernel
from market.kernel.direct import bound
from market.kernel.row_copy import copy_row
from market.venues import Kind

PURPOSES = len(Purpose)


@kernel
def _enter(
    rows: Rows,
    target: Rows,
    at: int,
    account: int,
    bundle: int,
    now: float,
    arrival: float,
    pool_rollup: np.ndarray,
    domain_of: np.ndarray,
) -> int:
    """Write exchanges from target[at] on; return how many bundles they are, or -1 where one cannot be carried out.

    `bundle`: the number of the first of them; in the rows they are counted from 0 in the order in which they stand.
    """
    bundles, before, domain = 0, -1, -1
    for k in range(rows.size):
        row, rollup = rows[k], rows[k].rollup
        if row.kind == Kind.SWAP:
            if not 0 <= row.venue < pool_rollup.size:
                return -1
            rollup = pool_rollup[row.venue]
        elif row.kind != Kind.OUTSIDE or row.venue != -1:
            return -1
        if not (0 <= rollup < domain_of.size and 0 <= row.purpose < PURPOSES and row.expiry >= now):
            return -1
        if not (np.isfinite(row.amount + row.limit + row.tip) and row.tip >= 0.0):
            return -1
        if row.bundle >= 0 and row.bundle == bundles:
            bundles, domain = bundles + 1, domain_of[rollup]
        elif row.bundle >= 0 and not (row.bundle == before and domain == domain_of[rollup]):
            return -1
        before = row.bundle
        copy_row(target, at + k, rows, k)
        entered = target[at + k]
        entered.bundle = bundle + before if before >= 0 else -1
        entered.rollup, entered.sender, entered.sent, entered.arrival = rollup, account, now, arrival
        entered.id, entered.around, entered.target, entered.position = -1, -1, -1, -1
        entered.status, entered.reason, entered.sealed, entered.carried = Status.PENDING, 0, 0, 0
        entered.mid, entered.route, entered.executed = 0.0, 0.0, 0.0
        entered.filled_in, entered.filled_out, entered.fallback_out = 0.0, 0.0, 0.0
    return bundles


enter = bound(_enter)
"""The same, of the outbox's own arrays and of rows that are `in_line`."""
