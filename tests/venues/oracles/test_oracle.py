"""Price feeds: when they post, what they read, and that an update needs a block to take effect."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import ALICE, ETH, USD, execute, fates, founded, intent, lender, reserves, rollup, swap

from market.config import OracleConfig, PoolConfig
from market.genesis import World
from market.venues import Kind
from market.venues.oracles import rules as oracle


def feeding(**changes: object) -> World:
    """One feed on rollup a, with 25 bp, an hour and 2 s unless changed."""
    settings: dict[str, object] = {"deviation_bp": 25.0, "heartbeat_s": 3600.0, "delay_s": 2.0, "twap_s": 100.0}
    return founded(
        rollup("a", lending=(lender(),), oracle=OracleConfig.model_validate(settings | changes)), rollup("b")
    )


def due(world: World, time: float) -> list[float]:
    """Prices that the feeds send at a time."""
    which, prices = np.zeros(1, np.int64), np.zeros(1)
    return prices[: oracle.due(world.state, time, which, prices)].tolist()


def post(world: World, price: float, time: float) -> list[str]:
    row = intent(Kind.ORACLE_UPDATE, world.account_of["oracle"], venue=0, rollup=0, amount=price)
    return fates(execute(world, row, time=time))


@pytest.mark.parametrize("factor", [1.0025, 0.9975])
def test_a_feed_posts_once_the_price_leaves_the_band(factor: float) -> None:
    world = feeding()
    world.tables.prices[ETH] = 2500.0 * (1 + (factor - 1) * 0.9999)
    assert due(world, 10.0) == []
    world.tables.prices[ETH] = price = 2500.0 * (1 + (factor - 1) * 1.0001)
    assert due(world, 11.0) == [price]


def test_a_feed_posts_at_its_heartbeat_even_without_a_move() -> None:
    world = feeding()
    assert due(world, 3599.9) == []
    assert due(world, 3600.0) == [2500.0]
    assert post(world, 2500.0, 3605.0) == ["FILLED"]
    # the next beat counts from when the update took effect, not from when it was sent
    assert due(world, 7204.9) == []
    assert due(world, 7205.0) == [2500.0]


def test_one_update_at_a_time_is_on_its_way_and_a_lost_one_is_sent_again() -> None:
    world = feeding()
    world.tables.prices[ETH] = 3000.0
    assert due(world, 10.0) == [3000.0]
    world.tables.prices[ETH] = 3500.0
    assert due(world, 11.0) == []
    # 2 s of delay and two minutes without inclusion later
    assert due(world, 131.9) == []
    assert due(world, 132.0) == [3500.0]


def test_the_price_changes_only_when_the_update_is_executed() -> None:
    world = feeding()
    world.tables.prices[ETH] = 3000.0
    due(world, 10.0)
    assert world.tables.feeds["price"][0] == 2500.0
    assert post(world, 3000.0, 14.0) == ["FILLED"]
    assert world.tables.feeds[["price", "posted_at"]][0].item() == (3000.0, 14.0)
    # and then the feed is free to send again
    world.tables.prices[ETH] = 3100.0
    assert due(world, 14.0) == [3100.0]


def test_only_the_feed_itself_posts_and_only_prices() -> None:
    world = feeding()
    before = world.state.cells.copy()
    account = world.account_of["oracle"]
    rows = [
        intent(Kind.ORACLE_UPDATE, ALICE, venue=0, rollup=0, amount=1.0),
        intent(Kind.ORACLE_UPDATE, account, venue=1, rollup=0, amount=1.0),
        intent(Kind.ORACLE_UPDATE, account, venue=0, rollup=1, amount=1.0),
        *(intent(Kind.ORACLE_UPDATE, account, venue=0, rollup=0, amount=bad) for bad in (0.0, -1.0, np.nan, np.inf)),
    ]
    assert fates(execute(world, *rows)) == ["NOT_OWNER", "WRONG_VENUE", "WRONG_VENUE", *["BAD_AMOUNT"] * 4]
    assert world.state.cells.tobytes() == before.tobytes()


def test_a_pool_feed_reads_the_mid_of_the_deepest_pool() -> None:
    pools = (PoolConfig(depth_usd=1e5, price_usd=9000.0), PoolConfig(depth_usd=2.5e6, fee_bp=30.0, price_usd=2400.0))
    spec = OracleConfig(source="pool", deviation_bp=1.0)
    world = founded(rollup("a", pools=pools, lending=(lender(),), oracle=spec))
    assert due(world, 1.0) == pytest.approx([2400.0])
    world.tables.prices[ETH] = 7.0  # the outside market is not what it reads
    world.tables.feeds["pending_until"][0] = 0.0
    execute(world, swap(ALICE, 1e5, pool=1, rollup=0))
    x, y = reserves(world, 1)
    assert due(world, 2.0) == pytest.approx([y / x])


def test_a_pool_quoted_the_other_way_round_is_turned() -> None:
    pools = (PoolConfig(assets=("USD", "ETH"), depth_usd=2.5e6, price_usd=1 / 2400.0),)
    spec = OracleConfig(source="pool", deviation_bp=1.0)
    world = founded(rollup("a", pools=pools, lending=(lender(),), oracle=spec))
    assert due(world, 1.0) == pytest.approx([2400.0])


def test_a_time_weighted_price_is_the_mean_of_a_known_path() -> None:
    """Price p until 40 s, q until 100 s: the window's mean is 0.4 p + 0.6 q, whatever the price at its end."""
    world = feeding(source="pool_twap", deviation_bp=1.0)
    assert due(world, 0.0) == []
    p = 2500.0
    execute(world, swap(ALICE, 2e5), time=40.0)
    x, y = reserves(world)
    q = y / x
    assert due(world, 99.0) == []  # the window is still open
    execute(world, swap(ALICE, 300.0, buy=False), time=100.0)
    assert due(world, 100.0) == pytest.approx([0.4 * p + 0.6 * q], rel=1e-12)


def test_one_block_of_manipulation_does_not_move_a_time_weighted_price() -> None:
    world = feeding(source="pool_twap", deviation_bp=1.0)
    due(world, 0.0)
    [up] = execute(world, swap(ALICE, 9e5), time=50.0)
    # sold back with the fee on top, so that the reserves are what they were
    execute(world, swap(ALICE, float(up["filled_out"]) / 0.997, buy=False), time=50.0)
    assert due(world, 100.0) == []


def test_a_blend_weighs_the_outside_and_the_pool() -> None:
    world = feeding(source="blend", blend_weight=0.25, deviation_bp=1.0)
    world.tables.prices[ETH] = 2600.0
    assert due(world, 0.0) == pytest.approx([0.25 * 2600.0 + 0.75 * 2500.0])


def test_only_assets_that_a_lending_market_uses_are_fed() -> None:
    world = feeding()
    assert len(world.tables.feeds) == 1
    assert world.tables.feeds[["rollup", "asset"]][0].item() == (0, ETH)
    assert world.tables.lending[["feed_collateral", "feed_debt"]][0].item() == (0, -1)
    assert int(world.tables.lending["debt"][0]) == USD
