"""Providers who follow rewards: where their capital comes to rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import check_ledger, on_block

from experiments.validation._markets import Watched, asset, pool, rollup, still
from market.config import AgentConfig, GraphConfig, MiningConfig
from market.state.ledger import totals

PRICE = 2500.0


def ran(
    parts: tuple[float, ...], horizon_s: float = 600.0, fee_bp: float = 0.0, size: float = 40.0, **seeker: Any
) -> Watched:
    """Equal small pools at a price that stands still, rewards in fixed parts, and providers with more than those."""
    homes = [
        rollup(f"r{at}", pool((size, size * PRICE), ("ETH", "USD"), 30.0, PRICE), block_time_s=1.0)
        for at in range(len(parts))
    ]
    programme = MiningConfig(usd_per_hour=36_000.0, period_s=5.0, split={"kind": "fixed", "parts": parts})
    habits = {"review_s": 10.0, "share": 0.2} | seeker
    agents = [AgentConfig(role="market_maker", strategy="yield_seeker", count=3, capital_usd=2e5, parameters=habits)]
    graph = GraphConfig(kind="complete", delay_s=5.0, fee_bp=fee_bp, capacity_usd=1e9)
    scene = still(homes, [asset("ETH", PRICE)], agents, horizon_s=horizon_s, graph=graph, mining=(programme,))
    market = Watched(scene, 1)
    opening = totals(market.world.tables)
    on_block(market, lambda _: check_ledger(market.world.tables, opening))
    market.run()
    return market


def test_depth_comes_to_rest_in_proportion_to_rewards() -> None:
    parts = np.array([1.0, 2.0, 3.0])
    depth = np.asarray(ran((1.0, 2.0, 3.0)).world.tables.mining_rollups["depth"])
    assert depth / depth.sum() == pytest.approx(parts / parts.sum(), rel=0.05)
    assert depth.sum() > 0.9 * (3 * 2e5 + 3 * 3 * 4e5)  # all that there is, but for what is on its way


def test_capital_stays_where_moving_costs_more_than_it_brings() -> None:
    market = ran((1.0, 2.0, 3.0), fee_bp=5000.0, horizon_s=200.0)
    depth = np.asarray(market.world.tables.mining_rollups["depth"])
    assert depth == pytest.approx(np.full(3, depth.mean()), rel=1e-3)


def test_equal_rewards_leave_depth_equal_but_for_what_is_on_its_way() -> None:
    depth = np.asarray(ran((1.0, 1.0, 1.0), horizon_s=120.0).world.tables.mining_rollups["depth"])
    assert depth == pytest.approx(np.full(3, depth.mean()), rel=0.05)


@pytest.mark.slow
def test_what_capital_asks_for_decides_how_much_is_provided() -> None:
    """10 USD a second on three rollups, at 2e-5 a second, are worth 167 thousand USD of depth on each."""
    asks = 2e-5 * 86_400.0 * 1e4
    depth = np.asarray(ran((1.0, 1.0, 1.0), size=20.0, asks_bp_per_day=asks).world.tables.mining_rollups["depth"])
    assert depth == pytest.approx(np.full(3, 10.0 / 3.0 / 2e-5), rel=0.05)
