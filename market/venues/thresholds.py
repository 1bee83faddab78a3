"""Whom to look at when a price moves: positions in buckets by the price at which they can be liquidated.

A *group* is everything that one price liquidates from one side: a lending market, the longs or the shorts of a
perpetual. A member has a *key*, such that it can be liquidated only if its key exceeds a *line* that the price,
interest and funding move, the same for all of its group. Buckets divide the logarithm of the key, finely around the
price at which the market opened; a member stands in the list of its bucket and moves from one to another in constant
time. So whoever can be liquidated is found by reading the buckets above the line: the rest cost nothing.

All of it is journalled state: a bundle that is undone leaves the very lists that it found. The order within a bucket
depends on its history, so what is found is handed out by number.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64, njit, void

from market.ledger import put
from market.state import (
    BOOK,
    BUCKET,
    E_BEFORE,
    E_BUCKET,
    E_NEXT,
    ENTRY,
    G_CENTRE,
    G_FIRST,
    G_TOP,
    Book,
    cell,
    get,
    index,
)

SPAN = 4.0
"""Range of log keys that the buckets divide; the first and the last hold whatever lies outside."""
NEAR = 1e-9
"""Lines are lowered by this share, so that no rounding of a key or of a logarithm can hide a member."""


@njit(int64(BOOK), cache=True)
def buckets(book: Book) -> int:
    """Return the number of buckets of a group."""
    return book.layout[3 * BUCKET + 1] - G_FIRST


@njit(int64(BOOK, int64, float64), cache=True)
def bucket_of(book: Book, group: int, key: float) -> int:
    """Bucket in which a key belongs: never lower for a larger key."""
    count = buckets(book)
    if not key > 0.0:
        return 0
    at = ((np.log(key) - get(book, BUCKET, group, G_CENTRE)) / SPAN + 0.5) * count
    return int(min(max(at, 0.0), count - 1.0))


@njit(int64(BOOK, int64, int64), cache=True)
def first(book: Book, group: int, bucket: int) -> int:
    """First member of a bucket, -1 for none."""
    return index(book, BUCKET, group, G_FIRST + bucket) - 1


@njit(int64(BOOK, int64), cache=True)
def following(book: Book, member: int) -> int:
    """Next member of the same bucket, -1 for none."""
    return index(book, ENTRY, member, E_NEXT) - 1


@njit(int64(BOOK, int64, int64), cache=True)
def top(book: Book, group: int, lowest: int) -> int:
    """Highest bucket that holds anybody, or one below `lowest`; remembered for the next time."""
    where = cell(book, BUCKET, group, G_TOP)
    at = int(book.cells[where])
    while at >= lowest and first(book, group, at) < 0:
        at -= 1
    # not journalled: it says nothing that the lists do not, and nobody lists inside a stretch that may be undone
    if at < int(book.cells[where]):
        book.cells[where] = max(at, 0)
    return at


@njit(void(BOOK, int64), cache=True)
def _leave(book: Book, member: int) -> None:
    """Take a member out of its list; lists are linked both ways, with numbers from one and zero for none."""
    where = index(book, ENTRY, member, E_BUCKET)
    before, after = index(book, ENTRY, member, E_BEFORE), index(book, ENTRY, member, E_NEXT)
    if before > 0:
        put(book, cell(book, ENTRY, before - 1, E_NEXT), after)
    else:
        put(book, where, after)
    if after > 0:
        put(book, cell(book, ENTRY, after - 1, E_BEFORE), before)
    put(book, cell(book, ENTRY, member, E_BUCKET), 0.0)


@njit(void(BOOK, int64, int64, float64), cache=True)
def place(book: Book, group: int, member: int, key: float) -> None:
    """Put a member where its key belongs, or, with a negative group, nowhere: it cannot be liquidated."""
    was, bucket, where = index(book, ENTRY, member, E_BUCKET), 0, 0
    if group >= 0:
        bucket = bucket_of(book, group, key)
        where = cell(book, BUCKET, group, G_FIRST + bucket)
    if where == was:
        return
    if was > 0:
        _leave(book, member)
    if group < 0:
        return
    head = index(book, BUCKET, group, G_FIRST + bucket)
    put(book, cell(book, ENTRY, member, E_BUCKET), where)
    put(book, cell(book, ENTRY, member, E_BEFORE), 0.0)
    put(book, cell(book, ENTRY, member, E_NEXT), head)
    if head > 0:
        put(book, cell(book, ENTRY, head - 1, E_BEFORE), member + 1.0)
    put(book, where, member + 1.0)
    if bucket > index(book, BUCKET, group, G_TOP):
        put(book, cell(book, BUCKET, group, G_TOP), bucket)


@njit(void(int64[::1], int64, int64), cache=True)
def _sink(heap: np.ndarray, size: int, at: int) -> None:
    while True:
        largest, child = at, 2 * at + 1
        if child < size and heap[child] > heap[largest]:
            largest = child
        if child + 1 < size and heap[child + 1] > heap[largest]:
            largest = child + 1
        if largest == at:
            return
        heap[at], heap[largest] = heap[largest], heap[at]
        at = largest


@njit(int64(int64[::1], int64, int64), cache=True)
def keep(found: np.ndarray, count: int, number: int) -> int:
    """Add a number to the `count` found, the lowest of which are kept when `found` is full; returns how many there are.

    The numbers form a heap, the highest on top, until :func:`in_order`.
    """
    if found.size == 0:
        return 0
    if count == found.size:
        if number < found[0]:
            found[0] = number
            _sink(found, count, 0)
        return count
    at = count
    found[at] = number
    while at > 0 and found[(at - 1) // 2] < found[at]:
        above = (at - 1) // 2
        found[at], found[above] = found[above], found[at]
        at = above
    return count + 1


@njit(void(int64[::1], int64), cache=True)
def in_order(found: np.ndarray, count: int) -> None:
    """Sort what was kept, lowest first."""
    for end in range(count - 1, 0, -1):
        found[0], found[end] = found[end], found[0]
        _sink(found, end, 0)


@njit(void(BOOK), cache=True)
def clear(book: Book) -> None:
    """Empty all lists. Not journalled."""
    for table in (BUCKET, ENTRY):
        start = book.layout[3 * table]
        for at in range(start, start + book.layout[3 * table + 1] * book.layout[3 * table + 2]):
            book.cells[at] = 0.0
