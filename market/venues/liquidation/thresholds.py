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

from market.state.journal import put
from market.state.store import STATE, State, cell, get, index, length, width
from market.venues.liquidation.tables import Bucket, Entry

MOST_BUCKETS = 1 << 16
SPAN = 4.0
"""Range of log keys that the buckets divide; the first and the last hold whatever lies outside."""
NEAR = 1e-9
"""Lines are lowered by this share, so that no rounding of a key or of a logarithm can hide a member."""


def bucket_count(groups: int, members: int) -> int:
    """Return how many buckets each group has: about one per member."""
    count = 64
    while count < MOST_BUCKETS and count * groups < members:
        count *= 2
    return count


@njit(int64(STATE), cache=True)
def buckets(state: State) -> int:
    """Return the number of buckets of a group."""
    return width(state, Bucket.first) - (Bucket.first - Bucket.centre)


@njit(int64(STATE, int64, float64), cache=True)
def bucket_of(state: State, group: int, key: float) -> int:
    """Bucket in which a key belongs: never lower for a larger key."""
    count = buckets(state)
    if not key > 0.0:
        return 0
    at = ((np.log(key) - get(state, Bucket.centre, group)) / SPAN + 0.5) * count
    return int(min(max(at, 0.0), count - 1.0))


@njit(int64(STATE, int64, int64), cache=True)
def first(state: State, group: int, bucket: int) -> int:
    """First member of a bucket, -1 for none."""
    return index(state, Bucket.first + bucket, group) - 1


@njit(int64(STATE, int64), cache=True)
def following(state: State, member: int) -> int:
    """Next member of the same bucket, -1 for none."""
    return index(state, Entry.next, member) - 1


@njit(int64(STATE, int64, int64), cache=True)
def top(state: State, group: int, lowest: int) -> int:
    """Highest bucket that holds anybody, or one below `lowest`; remembered for the next time."""
    where = cell(state, Bucket.top, group)
    at = int(state.cells[where])
    while at >= lowest and first(state, group, at) < 0:
        at -= 1
    # not journalled: it says nothing that the lists do not, and nobody lists inside a stretch that may be undone
    if at < int(state.cells[where]):
        state.cells[where] = max(at, 0)
    return at


@njit(void(STATE, int64), cache=True)
def _leave(state: State, member: int) -> None:
    """Take a member out of its list; lists are linked both ways, with numbers from one and zero for none."""
    where = index(state, Entry.bucket, member)
    before, after = index(state, Entry.before, member), index(state, Entry.next, member)
    if before > 0:
        put(state, cell(state, Entry.next, before - 1), after)
    else:
        put(state, where, after)
    if after > 0:
        put(state, cell(state, Entry.before, after - 1), before)
    put(state, cell(state, Entry.bucket, member), 0.0)


@njit(void(STATE, int64, int64, float64), cache=True)
def relist(state: State, group: int, member: int, key: float) -> None:
    """Put a member where its key belongs, or, with a negative group, nowhere: it cannot be liquidated."""
    was, bucket, where = index(state, Entry.bucket, member), 0, 0
    if group >= 0:
        bucket = bucket_of(state, group, key)
        where = cell(state, Bucket.first + bucket, group)
    if where == was:
        return
    if was > 0:
        _leave(state, member)
    if group < 0:
        return
    head = index(state, Bucket.first + bucket, group)
    put(state, cell(state, Entry.bucket, member), where)
    put(state, cell(state, Entry.before, member), 0.0)
    put(state, cell(state, Entry.next, member), head)
    if head > 0:
        put(state, cell(state, Entry.before, head - 1), member + 1.0)
    put(state, where, member + 1.0)
    if bucket > index(state, Bucket.top, group):
        put(state, cell(state, Bucket.top, group), bucket)


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


@njit(void(STATE), cache=True)
def clear(state: State) -> None:
    """Empty all lists. Not journalled."""
    start = cell(state, Bucket.centre, 0)
    for at in range(start, start + width(state, Bucket.centre) * length(state, Bucket.centre)):
        state.cells[at] = 0.0
    for entry in range(length(state, Entry.bucket)):
        for column in (Entry.bucket, Entry.before, Entry.next):
            state.cells[cell(state, column, entry)] = 0.0
