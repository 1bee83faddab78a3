"""What intents on pools take from their senders, told beforehand."""

from __future__ import annotations

from market.intents.rows import Row
from market.kernel.compiled import kernel
from market.state.store import State, index, length
from market.venues.pools.tables import Pool


@kernel
def first_asset(state: State, row: Row) -> tuple[int, float]:
    """First asset of the pool that liquidity is provided to; the second is in proportion, and not counted."""
    if not 0 <= row.venue < length(state, Pool.rollup):
        return 0, 0.0
    return index(state, Pool.asset, row.venue), row.amount
