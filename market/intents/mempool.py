"""The mempools: one per domain, holding what has been sent and not yet been decided on."""

from __future__ import annotations

import numpy as np

from market.intents.rows import INTENT, Rows, Status, in_line
from market.kernel.compiled import kernel
from market.kernel.direct import bound
from market.kernel.row_copy import copy_row


@kernel
def _append(pending: Rows, counts: np.ndarray, domain_of: np.ndarray, rows: Rows, first_id: int) -> None:
    for k in range(rows.size):
        rollup = rows[k].rollup
        domain = domain_of[rollup] if 0 <= rollup < domain_of.size else 0
        at = counts[domain]
        copy_row(pending[domain], at, rows, k)
        pending[domain, at].id = first_id + k
        counts[domain] = at + 1


@kernel
def _take(pending: Rows, count: int, until: float, due: Rows, expired: Rows) -> tuple[int, int, int]:
    """Split pending[:count] into due, expired and left; the left ones close ranks.

    A bundle arrives with its last member and expires with its first.
    """
    taken, dropped, left = 0, 0, 0
    end, arrival, expiry = 0, 0.0, 0.0
    for k in range(count):
        if k == end:
            arrival, expiry, end = pending[k].arrival, pending[k].expiry, k + 1
            while end < count and pending[k].bundle >= 0 and pending[end].bundle == pending[k].bundle:
                arrival, expiry = max(arrival, pending[end].arrival), min(expiry, pending[end].expiry)
                end += 1
        if arrival > until:
            if left != k:
                copy_row(pending, left, pending, k)
            left += 1
        elif expiry < until:
            copy_row(expired, dropped, pending, k)
            expired[dropped].status = Status.EXPIRED
            expired[dropped].executed = until
            dropped += 1
        else:
            copy_row(due, taken, pending, k)
            taken += 1
    return taken, dropped, left


@kernel
def _put_back(pending: Rows, count: int, rows: Rows, taken: np.ndarray) -> int:
    """Put those rows that were not taken before pending[:count]; returns how many there are in all."""
    fresh = 0
    for k in range(rows.size):
        fresh += not taken[k]
    for k in range(count - 1, -1, -1):  # from the last on, so that none is overwritten before it is moved
        copy_row(pending, k + fresh, pending, k)
    at = 0
    for k in range(rows.size):
        if not taken[k]:
            copy_row(pending, at, rows, k)
            at += 1
    return count + fresh


_appended, _taken, _returned = bound(_append), bound(_take), bound(_put_back)


class Mempool:
    """Pending intents by domain.

    Parameters
    ----------
    domain_of
        shape (rollups,), int64: the domain that sequences each rollup
    domains
        how many there are
    """

    def __init__(self, domain_of: np.ndarray, domains: int) -> None:
        self.domain_of = domain_of
        self.submitted = 0
        self._pending = np.zeros((domains, 256), INTENT)
        self._counts = np.zeros(domains, np.int64)
        self._due = np.zeros(256, INTENT)
        self._expired = np.zeros(256, INTENT)
        self._none = self._due[:0]

    def submit(self, rows: Rows) -> None:
        """Hand in rows; members of a bundle stand next to each other. Numbers them in the order handed in."""
        if not rows.size:
            return
        most = max(self._counts.tolist()) + rows.size
        if most > self._pending.shape[1]:
            self._grow(most)
        _appended(self._pending, self._counts, self.domain_of, in_line(rows), self.submitted)
        self.submitted += rows.size

    def _grow(self, least: int) -> None:
        size = 1 << (least - 1).bit_length()
        grown = np.zeros((self._pending.shape[0], size), INTENT)
        grown[:, : self._pending.shape[1]] = self._pending
        self._pending = grown
        self._due = np.zeros(size, INTENT)
        self._expired = np.zeros(size, INTENT)

    def take(self, domain: int, until: float) -> tuple[np.ndarray, np.ndarray]:
        """Remove and return what has arrived by `until`: (due, expired), valid until the next call."""
        count = int(self._counts[domain])
        if not count:
            return self._none, self._none
        taken, dropped, left = _taken(self._pending[domain], count, until, self._due, self._expired)
        self._counts[domain] = left
        return self._due[:taken], self._expired[:dropped]

    def put_back(self, domain: int, rows: Rows, taken: np.ndarray | None = None) -> None:
        """Return intents that a block left out, all but those `taken`: they keep their number and place in line."""
        if not rows.size:
            return
        if taken is None:
            taken = np.zeros(rows.size, np.bool_)
        count = int(self._counts[domain])
        if count + rows.size > self._pending.shape[1]:
            kept = rows.copy()
            self._grow(count + rows.size)
            rows = kept
        self._counts[domain] = _returned(self._pending[domain], count, in_line(rows), taken)

    def withdraw(self, domain: int, ids: np.ndarray) -> None:
        """Take intents out of line by their numbers."""
        count = int(self._counts[domain])
        pending = self._pending[domain, :count]
        left = pending[~np.isin(pending["id"], ids)]
        self._pending[domain, : left.size] = left
        self._counts[domain] = left.size

    def regroup(self, domain: int) -> None:
        """Hand on what waits in a domain for rollups that another one sequences now, behind whatever waits there.

        A bundle whose rollups have been parted expires: it is past its time where its first member's rollup is now.
        """
        rows = self.waiting(domain).copy()
        if not rows.size:
            return
        known = (rows["rollup"] >= 0) & (rows["rollup"] < self.domain_of.size)
        goes = np.where(known, self.domain_of[np.where(known, rows["rollup"], 0)], domain)
        bundle = rows["bundle"]
        starts = np.flatnonzero(np.append(True, (bundle[1:] < 0) | (bundle[1:] != bundle[:-1])))
        together = np.repeat(goes[starts], np.diff(np.append(starts, rows.size)))
        parted = np.repeat(np.logical_or.reduceat(goes != together, starts), np.diff(np.append(starts, rows.size)))
        rows["expiry"][parted] = -np.inf
        self._counts[domain] = 0
        for target in dict.fromkeys(together.tolist()):
            self._line_up(target, rows[together == target])

    def _line_up(self, domain: int, rows: Rows) -> None:
        """Put numbered intents behind what waits in a domain."""
        count = int(self._counts[domain])
        if count + rows.size > self._pending.shape[1]:
            self._grow(count + rows.size)
        self._pending[domain, count : count + rows.size] = rows
        self._counts[domain] = count + rows.size

    def waiting(self, domain: int) -> np.ndarray:
        """Everything pending in a domain, arrived or not: a view, valid until the next call."""
        return self._pending[domain, : int(self._counts[domain])]
