"""What everybody sees of pools."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from market.kernel.interpreted import row_type
from market.state.records import Records
from market.state.store import State, described, get, index, length
from market.venues.pools.rules import reserve
from market.venues.pools.tables import Pool, Provision

COLUMNS = (
    ("rollup", "rollup on which it stands", "rollup"),
    ("asset", "the two assets that it exchanges", "asset"),
    ("fee", "fee on the input", "1"),
    ("reserve", "reserve of either asset", "units of the asset"),
    ("kept", "share of an input that enters the reserves", "1"),
    ("shares", "shares of all providers", "shares"),
    ("growth", "fees per share since the start, of either asset", "units of the asset"),
)
SIDED = ("asset", "reserve", "growth")
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


VIEWS = {"provisions": ProvisionsSeen}
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
        seen.kept = 1.0 if get(state, Pool.fees_inside, pool) > 0.0 else 1.0 - seen.fee
    return changed
