"""What intents on pools take from their senders, told beforehand."""

from __future__ import annotations

from market.intents.rows import Row
from market.kernel.compiled import kernel
from market.state.store import State, index, length
from market.venues.pools.ranges import amounts, ends_of
from market.venues.pools.tables import Pool
from market.venues.pools.ticks import MOST_TICK, root_now, root_of


@kernel
def first_asset(state: State, row: Row) -> tuple[int, float]:
    """First asset of the pool that liquidity is provided to; the second is in proportion, and not counted."""
    if not 0 <= row.venue < length(state, Pool.rollup):
        return 0, 0.0
    return index(state, Pool.asset, row.venue), row.amount


@kernel
def first_of_range(state: State, row: Row) -> tuple[int, float]:
    """First asset of the pool that a range is to have; the second is not counted."""
    lower, upper = ends_of(row.target)
    if not 0 <= row.venue < length(state, Pool.rollup) or not -MOST_TICK <= lower < upper <= MOST_TICK:
        return 0, 0.0
    first, _ = amounts(row.amount, root_of(lower), root_of(upper), root_now(state, row.venue))
    return index(state, Pool.asset, row.venue), first
