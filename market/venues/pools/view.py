"""What everybody sees of pools."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from market.kernel.interpreted import row_type
from market.state.records import Records
from market.state.store import State, described, get, index, length
from market.venues.pools.curve import ahead, reserve, way
from market.venues.pools.tables import NO_TICK, Pool, Provision, Range, Tick

COLUMNS = (
    ("rollup", "rollup on which it stands", "rollup"),
    ("asset", "the two assets that it exchanges", "asset"),
    ("fee", "fee on the input", "1"),
    ("reserve", "reserve of either asset", "units of the asset"),
    ("kept", "share of an input that enters the reserves", "1"),
    ("shares", "shares of all providers", "shares"),
    ("growth", "fees per share since the start, of either asset", "units of the asset"),
    ("marked", "what swaps brought a share of a concentrated pool besides fees, at reference prices", "USD"),
    ("everywhere", "of the shares, those over all prices", "shares"),
    ("spacing", "ticks between two prices at which ranges may end; 0: no ranges", "ticks"),
    ("below", "nearest tick below the price; 0: none", "tick row"),
    ("above", "nearest tick above the price; 0: none", "tick row"),
    ("changes", "how often its ranges have changed", "1"),
    ("room", "what may enter the reserves of either asset up to the next tick; inf: no tick", "units of the asset"),
)
SIDED = ("asset", "reserve", "growth", "room")
SEEN_POOL = row_type([(name, np.float64, (2,) if name in SIDED else ()) for name, *_ in COLUMNS])
"""A pool as everybody sees it at the start of a slot."""

Pools = Any
"""Pools as seen, in compiled code: shape (n,), dtype `SEEN_POOL`, where fields are attributes."""


class PoolsSeen(Records, columns=COLUMNS):
    """Pools at the start of the slot: shape (pools,)."""

    @property
    def mid(self) -> np.ndarray:
        """Price of a unit of the first asset without fee or size [units of the second asset]."""
        held = self.reserve
        return held[:, 1] / held[:, 0]

    @property
    def constant(self) -> np.ndarray:
        """Product of the two reserves, which a swap does not lower."""
        held = self.reserve
        return held[:, 0] * held[:, 1]


class ProvisionsSeen(Records, columns=described(Provision)):
    """What providers have in pools: shape (providers, pools); one's own row is `seat.provider`."""


class TicksSeen(Records, columns=described(Tick)):
    """Prices at which ranges end: shape (ticks,); row 0, and those at which none ends, are none."""

    @property
    def price(self) -> np.ndarray:
        """Price of a unit of the first asset at the tick [units of the second asset]."""
        return self.root**2


class RangesSeen(Records, columns=described(Range)):
    """Ranges of all providers: shape (ranges,); those without liquidity are none."""


VIEWS = {"provisions": ProvisionsSeen, "ticks": TicksSeen, "ranges": RangesSeen}
"""Views of whole tables, by the name of the table; pools are shown as they were at the start of the slot."""


@njit(cache=True)
def snapshot(state: State, out: np.ndarray) -> bool:
    """Write all pools as they are now into `out`, shape (pools,), dtype `SEEN_POOL`; return whether any has changed."""
    changed = False
    for pool in range(length(state, Pool.rollup)):
        seen = out[pool]
        rollup, fee, shares = (
            get(state, Pool.rollup, pool), get(state, Pool.fee, pool), get(state, Pool.shares, pool)
        )  # fmt: skip
        changed |= seen.rollup != rollup or seen.fee != fee or seen.shares != shares
        seen.rollup, seen.fee, seen.shares = rollup, fee, shares
        for side in range(2):
            held = reserve(state, pool, index(state, Pool.asset + side, pool))
            growth = get(state, Pool.growth + side, pool)
            changed |= seen.reserve[side] != held or seen.growth[side] != growth
            seen.asset[side] = get(state, Pool.asset + side, pool)
            seen.reserve[side], seen.growth[side] = held, growth
        changed |= seen.below != get(state, Pool.below, pool) or seen.above != get(state, Pool.above, pool)
        changed |= seen.changes != get(state, Pool.changes, pool) or seen.everywhere != get(
            state, Pool.everywhere, pool
        )
        seen.changes = get(state, Pool.changes, pool)
        seen.below, seen.above = get(state, Pool.below, pool), get(state, Pool.above, pool)
        seen.everywhere, seen.spacing = get(state, Pool.everywhere, pool), get(state, Pool.spacing, pool)
        seen.marked = get(state, Pool.marked, pool)
        for side in range(2):
            tick = ahead(state, pool, side)
            room = np.inf if tick == NO_TICK else shares * way(get(state, Tick.root, tick), side) - seen.reserve[side]
            seen.room[side] = max(0.0, room)
        seen.kept = 1.0 if get(state, Pool.fees_inside, pool) > 0.0 else 1.0 - seen.fee
    return changed
