"""Concentrated pools in blocks: swaps that clear together, sandwiches and their victims, bundles that carry others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from measures.classes.blocks import Recorded
from worlds import ALICE, BOB, ETH_USD, USD, check_ledger, execute, fates, founded, rollup, swap

from market.config import PoolConfig
from market.genesis import World
from market.intents.rows import BATCHED
from market.state.ledger import totals
from market.venues.pools.config import ConcentratedConfig


def bell(**concentrated: Any) -> World:
    terms: dict[str, Any] = {"everywhere": 0.1, "bell_bp": 100.0} | concentrated
    world = founded(
        rollup(
            "a",
            pools=(
                PoolConfig(depth_usd=2.5e6, fee_bp=30.0, price_usd=ETH_USD, concentrated=ConcentratedConfig(**terms)),
            ),
        ),
        rollup("b"),
    )
    world.tables.balance[[ALICE, BOB]] *= 10.0
    return world


def batch(*trades: tuple[bool, float]) -> np.ndarray:
    rows = [swap((ALICE, BOB)[at % 2], usd if buy else usd / ETH_USD, buy=buy) for at, (buy, usd) in enumerate(trades)]
    block = np.concatenate(rows)
    block["carried"] = BATCHED
    return block


@pytest.mark.parametrize("buy", [True, False])
@pytest.mark.parametrize("value", [10.0, 1e4, 1e5, 5e5])
def test_a_batch_of_one_is_a_swap_over_ticks(buy: bool, value: float) -> None:
    world, alone = bell(), bell()
    one = execute(world, batch((buy, value)))
    other = execute(alone, swap(ALICE, value if buy else value / ETH_USD, buy=buy))
    assert one["filled_out"][0] == pytest.approx(other["filled_out"][0], rel=1e-12)
    np.testing.assert_allclose(world.tables.balance, alone.tables.balance, rtol=1e-9, atol=1e-5)
    for column in ("virtual", "shares", "below", "above", "growth", "marked"):
        np.testing.assert_allclose(world.tables.pools[column], alone.tables.pools[column], rtol=1e-8, atol=1e-9)


@pytest.mark.slow
@given(st.lists(st.tuples(st.booleans(), st.floats(min_value=100.0, max_value=3e5)), min_size=2, max_size=6))
def test_a_batch_over_ticks_clears_at_one_price_and_balances(trades: list[tuple[bool, float]]) -> None:
    world = bell()
    opening = totals(world.tables)
    done = execute(world, batch(*trades))
    assert fates(done) == ["FILLED"] * len(trades)
    buys = done["asset_in"] == USD
    price = np.where(buys, done["filled_in"] / done["filled_out"], done["filled_out"] / done["filled_in"])
    np.testing.assert_allclose(price, price[0], rtol=1e-9)
    check_ledger(world.tables, opening)


def test_a_batch_without_ranges_is_that_of_the_constant_product() -> None:
    trades = ((True, 2e5), (False, 5e4), (True, 1e4))
    flat = founded(
        rollup(
            "a", pools=(PoolConfig(depth_usd=2.5e6, fee_bp=30.0, price_usd=ETH_USD, concentrated=ConcentratedConfig()),)
        )
    )
    one, other = execute(flat, batch(*trades)), execute(founded(), batch(*trades))
    np.testing.assert_allclose(one["filled_out"], other["filled_out"], rtol=1e-11)


@pytest.mark.parametrize("front", [2e4, 2e5, 6e5])
def test_a_victim_over_ticks_loses_what_it_would_have_received_without_the_front(front: float) -> None:
    [alone] = execute(bell(), swap(BOB, 5e4))
    [bought] = execute(bell(), swap(ALICE, front))["filled_out"]
    seen = Recorded(bell())
    # what trades behind must be taken off to find what the front found
    attack = [swap(ALICE, front), swap(seen.retail, 5e4), swap(ALICE, float(bought), buy=False)]
    found = seen.block(*attack, swap(seen.retail, 30.0, buy=False))
    assert found[:3] == ["sandwich", "none", "sandwich"]
    lost = (float(alone["filled_out"]) - float(seen.rows["filled_out"][1])) * ETH_USD
    assert seen.loss[1] == pytest.approx(lost, rel=1e-6)
    assert lost > 0.0


def test_what_a_bundle_carries_is_measured_at_the_state_that_it_found() -> None:
    world = bell()
    [alone] = execute(bell(), swap(BOB, 2e5))
    rows = np.concatenate([swap(ALICE, 2e5), swap(BOB, 2e5)])
    rows["bundle"], rows["carried"] = 1, (0, 1)
    assert execute(world, rows)["fallback_out"][1] == pytest.approx(alone["filled_out"], rel=1e-12)
