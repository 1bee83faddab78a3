"""What each range of concentrated pools is worth, and what it earned and lost: a row per range that there is."""

from __future__ import annotations

import numpy as np

from market.kernel.interpreted import row_type
from market.state.store import State, Tables
from market.venues.pools.curve import GAINS
from market.venues.pools.ranges import amounts
from market.venues.pools.ticks import inside, root_now, root_of, tick_of

BY_RANGE = row_type(
    [
        ("pool", np.int64),
        ("owner", np.int64),  # account
        ("lower_price", np.float64),  # where it begins [second asset per first]
        ("upper_price", np.float64),  # where it ends [second asset per first]
        ("liquidity", np.float64),  # [shares]
        ("value_usd", np.float64),  # of what it holds now, at reference prices, without fees
        ("fees_usd", np.float64),  # earned since it was opened, paid or owed, at reference prices of now
        ("lvr_usd", np.float64),  # loss-versus-rebalancing since then: what swaps took less what they gave, fees off
    ]
)


def by_range(state: State, tables: Tables) -> np.ndarray:
    """Return what there is of ranges: shape (n,), dtype `BY_RANGE`.

    Loss-versus-rebalancing of a range is what whoever held its assets, and traded as it did at the reference price of
    each moment, has more than it (Milionis et al. 2022). It counts every swap, so that traders who pay for impact make
    it smaller.
    """
    rows = np.flatnonzero(tables.ranges["liquidity"] > 0.0)
    found = np.zeros(rows.size, BY_RANGE)
    for out, at in zip(found, rows.tolist(), strict=True):
        row = tables.ranges[at]
        pool, lower, upper, liquidity = (row[name].item() for name in ("pool", "lower", "upper", "liquidity"))
        ends = tick_of(state, int(pool), int(lower)), tick_of(state, int(pool), int(upper))
        prices = tables.prices[tables.pools["asset"][int(pool)].astype(np.int64)]
        held = amounts(liquidity, root_of(int(lower)), root_of(int(upper)), root_now(state, int(pool)))
        owed = [liquidity * (inside(state, int(pool), *ends, k) - row["claimed"][k]) for k in range(GAINS)]
        out["pool"], out["owner"], out["liquidity"] = pool, row["owner"], liquidity
        out["lower_price"], out["upper_price"] = root_of(int(lower)) ** 2, root_of(int(upper)) ** 2
        out["value_usd"] = np.dot(held, prices)
        out["fees_usd"] = np.dot(row["fees"] + owed[:2], prices)
        out["lvr_usd"] = -(row["marked"] + owed[2])
    return found


def held_in_ranges(state: State, tables: Tables, owner: int) -> np.ndarray:
    """Return what an account's ranges hold of every asset, with fees not yet paid: shape (assets,) [units]."""
    held = np.zeros(len(tables.prices))
    for at in np.flatnonzero((tables.ranges["liquidity"] > 0.0) & (tables.ranges["owner"] == owner)).tolist():
        row = tables.ranges[at]
        pool, lower, upper = (int(row[name]) for name in ("pool", "lower", "upper"))
        ends = tick_of(state, pool, lower), tick_of(state, pool, upper)
        parts = amounts(float(row["liquidity"]), root_of(lower), root_of(upper), root_now(state, pool))
        for side, part in enumerate(parts):
            owed = row["liquidity"] * (inside(state, pool, *ends, side) - row["claimed"][side])
            held[int(tables.pools["asset"][pool, side])] += part + owed
    return held


def totals(state: State, tables: Tables) -> dict[str, float]:
    """Return what all ranges together are worth and earned and lost since the start, also those that are no more."""
    there = by_range(state, tables)
    prices = tables.prices[tables.pools["asset"].astype(np.int64)]
    of = tables.ranges[tables.ranges["liquidity"] > 0.0]
    # what ranges that there are were paid is in both sums
    before = (tables.pools["paid_fees"] * prices).sum() - sum(
        np.dot(row["fees"], prices[int(row["pool"])]) for row in of
    )
    return {
        "ranges_open": float(there.size),
        "ranges_value_usd": float(there["value_usd"].sum()),
        "ranges_fees_usd": float(before + there["fees_usd"].sum()),
        "ranges_lvr_usd": float(there["lvr_usd"].sum() - (tables.pools["paid_marked"].sum() - of["marked"].sum())),
    }
