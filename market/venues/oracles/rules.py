"""Price feeds. A feed reads a price, and posts it by an intent that a sequencer must include.

It posts when the price has left the last posted one by the deviation threshold, or the heartbeat has passed, and no
update of it is still on its way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import boolean, float64, njit

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.store import State, cell, get, index, length
from market.state.tables import Asset
from market.venues.oracles.tables import Feed
from market.venues.pools.rules import reserve
from market.venues.pools.tables import Pool

EXTERNAL, POOL_TWAP, POOL_SPOT, BLEND, COMMITTEE = range(5)
GIVE_UP_AFTER = 120.0
"""An update that was not included for so long is sent again [s]."""


@njit(cache=True)
def oracle_price(state: State, feed: int) -> float:
    """Last posted price [USD]; the numeraire, which has no feed (-1), is worth one."""
    return 1.0 if feed < 0 else get(state, Feed.price, feed)


@njit(cache=True)
def pool_price(state: State, pool: int) -> float:
    """Mid of a pool: second asset per first."""
    first, second = index(state, Pool.asset, pool), index(state, Pool.asset + 1, pool)
    return reserve(state, pool, second) / reserve(state, pool, first)


@njit(cache=True)
def _in_usd(state: State, feed: int, price: float) -> float:
    """Turn a price of the feed's pool into USD per unit of the feed's asset."""
    pool = index(state, Feed.pool, feed)
    return price if index(state, Pool.asset, pool) == index(state, Feed.asset, feed) else 1.0 / price


@njit(cache=True)
def _update_twap(state: State, feed: int, time: float) -> None:
    """Close a window of the time-weighted price once it is long enough (no journal: time is nobody's intent)."""
    pool = index(state, Feed.pool, feed)
    price = pool_price(state, pool)
    running = get(state, Pool.cumulative, pool) + price * (time - get(state, Pool.cumulative_time, pool))
    elapsed = time - get(state, Feed.window_start, feed)
    first = get(state, Feed.twap, feed) <= 0.0
    if not first and elapsed < get(state, Feed.window, feed):
        return
    mean = price if first else (running - get(state, Feed.window_cumulative, feed)) / elapsed
    state.cells[cell(state, Feed.twap, feed)] = _in_usd(state, feed, mean)
    state.cells[cell(state, Feed.window_cumulative, feed)] = running
    state.cells[cell(state, Feed.window_start, feed)] = time


@njit(cache=True)
def reading(state: State, feed: int) -> float:
    """What the feed would post now [USD]."""
    source = index(state, Feed.source, feed)
    outside = get(state, Asset.price, index(state, Feed.asset, feed))
    if source == EXTERNAL:
        return outside
    if source == POOL_SPOT:
        return _in_usd(state, feed, pool_price(state, index(state, Feed.pool, feed)))
    twap = get(state, Feed.twap, feed)
    if source == POOL_TWAP:
        return twap
    weight = get(state, Feed.weight, feed)
    return weight * outside + (1.0 - weight) * twap


@njit(boolean(float64, float64, float64, float64, float64), cache=True)
def wants_update(price: float, posted: float, age: float, deviation: float, heartbeat: float) -> bool:
    """Whether a price [USD] has left the last posted one by the deviation [1], or that is as old as the heartbeat [s].

    So feeds decide, and so do the reporters of a committee about their own last reports.
    """
    return age >= heartbeat or abs(price - posted) > deviation * posted


@njit(cache=True)
def _due(state: State, feed: int, time: float, which: np.ndarray, prices: np.ndarray, count: int) -> int:
    """Write a feed and its price at place `count` if it posts now; returns whether it does (1 or 0)."""
    if time < get(state, Feed.pending_until, feed):
        return 0
    price, posted = reading(state, feed), get(state, Feed.price, feed)
    age = time - get(state, Feed.posted_at, feed)
    if not wants_update(price, posted, age, get(state, Feed.deviation, feed), get(state, Feed.heartbeat, feed)):
        return 0
    which[count] = feed
    prices[count] = price
    until = time + get(state, Feed.delay, feed) + GIVE_UP_AFTER
    state.cells[cell(state, Feed.pending_until, feed)] = until
    return 1


@njit(cache=True)
def due(state: State, time: float, which: np.ndarray, prices: np.ndarray) -> int:
    """Write the feeds that post now and their prices; return how many. Marks them as on their way."""
    count: Any = np.int64(0)  # a bare 0 would have `_due` compiled once more for that constant
    for feed in range(length(state, Feed.rollup)):
        source = index(state, Feed.source, feed)
        if source == COMMITTEE:
            continue
        if source in (POOL_TWAP, BLEND):
            _update_twap(state, feed, time)
        count += _due(state, feed, time, which, prices, count)
    return count


@njit(cache=True)
def quiet_until(state: State, time: float) -> float:
    """Return up to when no feed posts unless a price moves or a post is executed, but for rounding [s].

    Feeds must read the reference price alone; those of committees post nothing by themselves.
    """
    until = np.inf
    for feed in range(length(state, Feed.rollup)):
        if index(state, Feed.source, feed) == COMMITTEE:
            continue
        again = get(state, Feed.pending_until, feed)
        if time >= again:
            again = get(state, Feed.posted_at, feed) + get(state, Feed.heartbeat, feed)
        until = min(until, again)
    return until


@njit(cache=True)
def due_after_block(state: State, time: float, rollup: int, which: np.ndarray, prices: np.ndarray) -> int:
    """Like :func:`due`, for the feeds of a rollup that read a pool's price of the moment, once its block is executed.

    A pool's price changes with blocks alone. Whoever reads it when some domain's next slot opens reads it late, and the
    later the fewer domains there are: a shared sequencer would slow its oracles down.
    """
    count: Any = np.int64(0)  # a bare 0 would have `_due` compiled once more for that constant
    for feed in range(length(state, Feed.rollup)):
        if index(state, Feed.source, feed) != POOL_SPOT or index(state, Feed.rollup, feed) != rollup:
            continue
        count += _due(state, feed, time, which, prices, count)
    return count


@njit(cache=True)
def post(state: State, row: Row, time: float) -> int:
    """Take a feed's own update into force."""
    feed = row.venue
    if feed < 0 or feed >= length(state, Feed.rollup) or index(state, Feed.rollup, feed) != row.rollup:
        return Reason.WRONG_VENUE
    if index(state, Feed.account, feed) != row.sender:
        return Reason.NOT_OWNER
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    put(state, cell(state, Feed.price, feed), row.amount)
    put(state, cell(state, Feed.posted_at, feed), time)
    put(state, cell(state, Feed.pending_until, feed), time)
    row.filled_in = row.amount
    return Reason.NONE
