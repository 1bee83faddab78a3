"""Rewards for liquidity and free entry: depth follows them until a dollar earns the same everywhere.

Derived. A rollup that is paid R_i for depth D_i pays R_i / D_i a dollar. Where capital goes to what pays best, that is
the same on all: depth is in proportion to rewards. Where it may also leave for what pays r elsewhere, D_i = R_i / r.

Equal pools on which nobody trades, at a price that stands still; a programme pays in stated parts, and providers, with
more capital than the pools begin with, move it over bridges. Each moves a part of what it has at a look, so that depth
sways about where it comes to rest: what is compared is its mean over the second half.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._markets import Watched, asset, pool, rollup, still
from experiments.validation._rows import row
from market.config import AgentConfig, GraphConfig, MiningConfig
from market.settings import DAY_S

ID = "M17"
TITLE = "Rewards for liquidity and free entry"

PRICE = 2500.0
PARTS = (1.0, 2.0, 3.0)
REWARDS = 10.0
"""Paid on all rollups together [USD/s]."""
ASKS = 2e-5
"""What a dollar earns elsewhere [1/s]."""
HORIZON_S, QUICK_HORIZON_S = 3000.0, 600.0
TOLERANCE = 0.02


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Depth over its total by rollup where capital stays, and depth where it may leave."""
    horizon, paid = QUICK_HORIZON_S if quick else HORIZON_S, np.array(PARTS) / sum(PARTS)
    stays = _depth(horizon, asks=0.0, begins=1e5)
    for at, (expected, found) in enumerate(zip(paid, stays / stays.sum(), strict=True)):
        yield row(ID, f"no other use, rollup {at}", "part of depth", expected, found, TOLERANCE * expected)
    leaves = _depth(horizon, asks=ASKS, begins=2e4)
    for at, (part, found) in enumerate(zip(paid, leaves, strict=True)):
        expected = part * REWARDS / ASKS
        yield row(ID, f"r=2e-5/s elsewhere, rollup {at}", "depth, USD", expected, found, TOLERANCE * expected)


def _depth(horizon: float, asks: float, begins: float) -> np.ndarray:
    """Mean depth in the second half by rollup, given what capital asks for, and depth of a side at the start [USD]."""
    homes = [
        rollup(f"r{at}", pool((begins / PRICE, begins), ("ETH", "USD"), 30.0, PRICE), block_time_s=1.0)
        for at in range(len(PARTS))
    ]
    programme = MiningConfig(
        usd_per_hour=3600.0 * REWARDS, period_s=5.0, treasury_usd=1e7, split={"kind": "fixed", "parts": PARTS}
    )
    habits = {"review_s": 10.0, "share": 0.1, "asks_bp_per_day": 1e4 * DAY_S * asks}
    seeker = AgentConfig(
        role="market_maker", strategy="yield_seeker", count=3, capital_usd=2e5, latency_s=0.01, parameters=habits
    )
    bridges = GraphConfig(kind="complete", delay_s=5.0, fee_bp=0.0, capacity_usd=1e9)
    scene = still(homes, [asset("ETH", PRICE)], [seeker], horizon_s=horizon, graph=bridges, mining=(programme,))
    market = Watched(scene, 1, lambda found: found.world.tables.mining_rollups["depth"].copy())
    market.run()
    measured = np.array(market.measured)
    return measured[len(measured) // 2 :].mean(axis=0)
