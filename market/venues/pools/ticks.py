"""Ticks of a concentrated pool: prices at which ranges end, a list from the lowest to the highest.

What a share has gained inside of a range is what it gained in all less what it gained below and above, which each tick
remembers of the side across it (Adams et al. 2021, Uniswap v3 core, section 6.3). So a swap costs the same however many
ranges there are, but for the ticks that it crosses.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.state.journal import put
from market.state.store import State, cell, get, index
from market.venues.pools.curve import GAINS, reserve
from market.venues.pools.tables import NO_TICK, Pool, Tick

STEP = 1.0001
"""Price of a tick over that of the tick below it."""
MOST_TICK = 887_272
"""Highest number of a tick; the lowest is its negative (Adams et al. 2021, section 6.1)."""


@njit(cache=True)
def root_of(number: int) -> float:
    """Square root of a tick's price [second asset per first]."""
    return STEP ** (0.5 * number)


@njit(cache=True)
def root_now(state: State, pool: int) -> float:
    """Square root of a pool's price [second asset per first]."""
    first, second = index(state, Pool.asset, pool), index(state, Pool.asset + 1, pool)
    return np.sqrt(reserve(state, pool, second) / reserve(state, pool, first))


@njit(cache=True)
def tick_of(state: State, pool: int, number: int) -> int:
    """Row of a tick of a pool; `NO_TICK` where no range ends there."""
    first = 1 + 2 * index(state, Pool.first_range, pool)
    for row in range(first, first + 2 * index(state, Pool.most_ranges, pool)):
        if get(state, Tick.ends, row) > 0.0 and index(state, Tick.number, row) == number:
            return row
    return NO_TICK


@njit(cache=True)
def is_below(state: State, pool: int, tick: int) -> bool:
    """Whether a tick is below the price of its pool."""
    below = index(state, Pool.below, pool)
    return below != NO_TICK and get(state, Tick.number, tick) <= get(state, Tick.number, below)


@njit(cache=True)
def inside(state: State, pool: int, lower: int, upper: int, which: int) -> float:
    """What a share gained between two ticks, by their rows, but for a constant: its differences over time count."""
    total = get(state, Pool.growth + which, pool)
    under, over = get(state, Tick.outside + which, lower), get(state, Tick.outside + which, upper)
    if not is_below(state, pool, lower):
        under = total - under
    if is_below(state, pool, upper):
        over = total - over
    return total - under - over


@njit(cache=True)
def put_tick(state: State, pool: int, number: int) -> int:
    """Let a range end at a tick; returns the tick's row."""
    found = tick_of(state, pool, number)
    if found != NO_TICK:
        put(state, cell(state, Tick.ends, found), get(state, Tick.ends, found) + 1.0)
        return found
    first = 1 + 2 * index(state, Pool.first_range, pool)
    row, down, up = first, NO_TICK, NO_TICK
    while get(state, Tick.ends, row) > 0.0:  # there are two ticks for each range: one is free
        row += 1
    for other in range(first, first + 2 * index(state, Pool.most_ranges, pool)):
        if get(state, Tick.ends, other) > 0.0:
            at = index(state, Tick.number, other)
            if at < number and (down == NO_TICK or at > index(state, Tick.number, down)):
                down = other
            if at > number and (up == NO_TICK or at < index(state, Tick.number, up)):
                up = other
    put(state, cell(state, Tick.pool, row), float(pool))
    put(state, cell(state, Tick.number, row), float(number))
    put(state, cell(state, Tick.root, row), root_of(number))
    put(state, cell(state, Tick.ends, row), 1.0)
    _link(state, down, row)
    _link(state, row, up)
    # the price lies between two neighbours: a tick that comes between them is on one side of it
    if down == index(state, Pool.below, pool):
        lies_below = root_of(number) <= root_now(state, pool)
        put(state, cell(state, Pool.below if lies_below else Pool.above, pool), float(row))
    for which in range(GAINS):
        gained = get(state, Pool.growth + which, pool) if is_below(state, pool, row) else 0.0
        put(state, cell(state, Tick.outside + which, row), gained)
    return row


@njit(cache=True)
def _link(state: State, down: int, up: int) -> None:
    if down != NO_TICK:
        put(state, cell(state, Tick.up, down), float(up))
    if up != NO_TICK:
        put(state, cell(state, Tick.down, up), float(down))


@njit(cache=True)
def take_tick(state: State, pool: int, row: int) -> None:
    """Let a range no longer end at a tick, by its row; one at which none ends is none."""
    put(state, cell(state, Tick.ends, row), get(state, Tick.ends, row) - 1.0)
    if get(state, Tick.ends, row) > 0.0:
        return
    down, up = index(state, Tick.down, row), index(state, Tick.up, row)
    _link(state, down, up)
    if index(state, Pool.below, pool) == row:
        put(state, cell(state, Pool.below, pool), float(down))
    if index(state, Pool.above, pool) == row:
        put(state, cell(state, Pool.above, pool), float(up))
    put(state, cell(state, Tick.up, row), float(NO_TICK))
    put(state, cell(state, Tick.down, row), float(NO_TICK))
