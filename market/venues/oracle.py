"""Price feeds. A feed reads a price, and posts it by an intent that a sequencer must include.

It posts when the price has left the last posted one by the deviation threshold, or the heartbeat has passed, and no
update of it is still on its way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from market.intents import Reason, Row
from market.ledger import put
from market.state import (
    F_ACCOUNT,
    F_ASSET,
    F_DELAY,
    F_DEVIATION,
    F_HEARTBEAT,
    F_PENDING_UNTIL,
    F_POOL,
    F_POSTED_AT,
    F_PRICE,
    F_ROLLUP,
    F_SOURCE,
    F_TWAP,
    F_WEIGHT,
    F_WINDOW,
    F_WINDOW_CUMULATIVE,
    F_WINDOW_START,
    FEED,
    P_ASSET0,
    P_ASSET1,
    P_CUMULATIVE,
    P_CUMULATIVE_TIME,
    POOL,
    PRICE_OF,
    Book,
    cell,
    get,
    index,
    length,
)
from market.venues.pools import reserve

OK = int(Reason.NONE)
WRONG_VENUE = int(Reason.WRONG_VENUE)
NOT_OWNER = int(Reason.NOT_OWNER)
BAD_AMOUNT = int(Reason.BAD_AMOUNT)
EXTERNAL, POOL_TWAP, POOL_SPOT, BLEND = range(4)
GIVE_UP_AFTER = 120.0
"""An update that was not included for so long is sent again [s]."""


@njit(cache=True)
def pool_price(book: Book, pool: int) -> float:
    """Mid of a pool: second asset per first."""
    first, second = index(book, POOL, pool, P_ASSET0), index(book, POOL, pool, P_ASSET1)
    return reserve(book, pool, second) / reserve(book, pool, first)


@njit(cache=True)
def _in_usd(book: Book, feed: int, price: float) -> float:
    """Turn a price of the feed's pool into USD per unit of the feed's asset."""
    pool = index(book, FEED, feed, F_POOL)
    return price if index(book, POOL, pool, P_ASSET0) == index(book, FEED, feed, F_ASSET) else 1.0 / price


@njit(cache=True)
def _update_twap(book: Book, feed: int, time: float) -> None:
    """Close a window of the time-weighted price once it is long enough (no journal: time is nobody's intent)."""
    pool = index(book, FEED, feed, F_POOL)
    price = pool_price(book, pool)
    running = get(book, POOL, pool, P_CUMULATIVE) + price * (time - get(book, POOL, pool, P_CUMULATIVE_TIME))
    elapsed = time - get(book, FEED, feed, F_WINDOW_START)
    first = get(book, FEED, feed, F_TWAP) <= 0.0
    if not first and elapsed < get(book, FEED, feed, F_WINDOW):
        return
    mean = price if first else (running - get(book, FEED, feed, F_WINDOW_CUMULATIVE)) / elapsed
    book.cells[cell(book, FEED, feed, F_TWAP)] = _in_usd(book, feed, mean)
    book.cells[cell(book, FEED, feed, F_WINDOW_CUMULATIVE)] = running
    book.cells[cell(book, FEED, feed, F_WINDOW_START)] = time


@njit(cache=True)
def reading(book: Book, feed: int) -> float:
    """What the feed would post now [USD]."""
    source = index(book, FEED, feed, F_SOURCE)
    outside = get(book, PRICE_OF, index(book, FEED, feed, F_ASSET), 0)
    if source == EXTERNAL:
        return outside
    if source == POOL_SPOT:
        return _in_usd(book, feed, pool_price(book, index(book, FEED, feed, F_POOL)))
    twap = get(book, FEED, feed, F_TWAP)
    if source == POOL_TWAP:
        return twap
    weight = get(book, FEED, feed, F_WEIGHT)
    return weight * outside + (1.0 - weight) * twap


@njit(cache=True)
def _due(book: Book, feed: int, time: float, which: np.ndarray, prices: np.ndarray, count: int) -> int:
    """Write a feed and its price at place `count` if it posts now; returns whether it does (1 or 0)."""
    if time < get(book, FEED, feed, F_PENDING_UNTIL):
        return 0
    price, posted = reading(book, feed), get(book, FEED, feed, F_PRICE)
    stale = time - get(book, FEED, feed, F_POSTED_AT) >= get(book, FEED, feed, F_HEARTBEAT)
    if not stale and abs(price - posted) <= get(book, FEED, feed, F_DEVIATION) * posted:
        return 0
    which[count] = feed
    prices[count] = price
    until = time + get(book, FEED, feed, F_DELAY) + GIVE_UP_AFTER
    book.cells[cell(book, FEED, feed, F_PENDING_UNTIL)] = until
    return 1


@njit(cache=True)
def due(book: Book, time: float, which: np.ndarray, prices: np.ndarray) -> int:
    """Write the feeds that post now and their prices; return how many. Marks them as on their way."""
    count: Any = np.int64(0)  # a bare 0 would have `_due` compiled once more for that constant
    for feed in range(length(book, FEED)):
        source = index(book, FEED, feed, F_SOURCE)
        if source in (POOL_TWAP, BLEND):
            _update_twap(book, feed, time)
        count += _due(book, feed, time, which, prices, count)
    return count


@njit(cache=True)
def due_after_block(book: Book, time: float, rollup: int, which: np.ndarray, prices: np.ndarray) -> int:
    """Like :func:`due`, for the feeds of a rollup that read a pool's price of the moment, once its block is executed.

    A pool's price changes with blocks alone. Whoever reads it when some domain's next slot opens reads it late, and the
    later the fewer domains there are: a shared sequencer would slow its oracles down.
    """
    count: Any = np.int64(0)  # a bare 0 would have `_due` compiled once more for that constant
    for feed in range(length(book, FEED)):
        if index(book, FEED, feed, F_SOURCE) != POOL_SPOT or index(book, FEED, feed, F_ROLLUP) != rollup:
            continue
        count += _due(book, feed, time, which, prices, count)
    return count


@njit(cache=True)
def post(book: Book, row: Row, time: float) -> int:
    """Take a feed's own update into force."""
    feed = row.venue
    if feed < 0 or feed >= length(book, FEED) or index(book, FEED, feed, F_ROLLUP) != row.rollup:
        return WRONG_VENUE
    if index(book, FEED, feed, F_ACCOUNT) != row.sender:
        return NOT_OWNER
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return BAD_AMOUNT
    put(book, cell(book, FEED, feed, F_PRICE), row.amount)
    put(book, cell(book, FEED, feed, F_POSTED_AT), time)
    put(book, cell(book, FEED, feed, F_PENDING_UNTIL), time)
    row.filled_in = row.amount
    return OK
