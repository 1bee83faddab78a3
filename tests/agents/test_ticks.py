"""Best sizes over ticks: what is foreseen is what the market does, and nothing that pays is left."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import (
    ALICE,
    BOB,
    ETH,
    ETH_USD,
    config,
    execute,
    fates,
    founded,
    intent,
    opened,
    reserves,
    rollup,
    swap,
)

from agents.blocks.arbitrage import best_cycles, outside_arbitrages
from agents.blocks.foresight import simulate_swap
from agents.blocks.ticks import best_front_run_over
from market.config import AgentConfig, PoolConfig
from market.genesis import World
from market.state.schema import record
from market.venues import Kind
from market.venues.pools.by_range import by_range
from market.venues.pools.config import ConcentratedConfig
from market.venues.pools.tables import Tick
from market.venues.pools.view import SEEN_POOL, TicksSeen, snapshot

BELL: dict[str, Any] = {"everywhere": 0.1, "bell_bp": 100.0}
STILL = np.zeros(2)


def ranged(price: float = ETH_USD, fee_bp: float = 30.0, **concentrated: Any) -> PoolConfig:
    return PoolConfig(
        depth_usd=2.5e6, fee_bp=fee_bp, price_usd=price, concentrated=ConcentratedConfig(**BELL | concentrated)
    )


def two(fee_bp: float = 30.0, price: float = ETH_USD) -> World:
    """A bell-shaped pool on each of two rollups; the second may have another price."""
    return founded(rollup("a", pools=(ranged(fee_bp=fee_bp),)), rollup("b", pools=(ranged(price, fee_bp),)))


def seen(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Pools and ticks as everybody sees them."""
    pools = np.zeros(len(world.tables.pools), SEEN_POOL)
    snapshot(world.state, pools)
    return pools, world.tables.ticks.astype(record(Tick))


def against(world: World, price: float, depth: float = np.inf) -> np.ndarray:
    return outside_arbitrages(*seen(world), np.array([1.0, price]), 0.0, np.zeros(1, np.int64), depth, STILL)


def trade(row: np.void) -> np.ndarray:
    fields = {"venue": int(row["pool"]), "rollup": int(row["pool"]), "amount": float(row["amount"])}
    return intent(Kind.SWAP, ALICE, asset_in=int(row["source"]), asset_out=int(row["sink"]), **fields)


def rich(world: World) -> World:
    world.tables.balance[[ALICE, BOB]] *= 100.0
    return world


@given(st.lists(st.tuples(st.booleans(), st.floats(min_value=1.0, max_value=3e5)), min_size=1, max_size=8))
def test_swaps_over_ticks_are_foreseen_as_the_market_executes_them(trades: list[tuple[bool, float]]) -> None:
    world = rich(two())
    pools, ticks = seen(world)
    for buy, value in trades:
        row = swap(ALICE, value if buy else value / ETH_USD, buy=buy)
        expected = simulate_swap(pools, ticks, row[0])
        [done] = execute(world, row)
        assert fates([done]) == ["FILLED"]
        assert done["filled_out"] == pytest.approx(expected, rel=1e-12)
    now, _ = seen(world)
    for column in ("reserve", "shares", "below", "above"):
        np.testing.assert_allclose(pools[column], now[column], rtol=1e-12)


@pytest.mark.parametrize("depth", [np.inf, 1e6])
@pytest.mark.parametrize("price", [2300.0, 2440.0, 2490.0, 2510.0, 2560.0, 2700.0])
def test_a_gap_over_several_ticks_is_taken_at_once_and_fully(price: float, depth: float) -> None:
    world = rich(two())
    found = against(world, price, depth)
    assert len(found) == (abs(price / ETH_USD - 1.0) > 0.003 / 0.997)
    if not len(found):
        return
    [row] = execute(world, trade(found[0]))
    assert row["filled_out"] == pytest.approx(found["output"][0], rel=1e-12)
    if depth == np.inf:
        x, y = world.tables.pools["virtual"][0]
        fee = 0.997 if price < ETH_USD else 1.0 / 0.997
        assert y / x * fee == pytest.approx(price, rel=1e-9)  # at the edge of what the fee lets pay
        assert against(world, price)["profit"].sum() < 1e-6
    paid = float(found["profit"][0])
    for factor in (0.9, 0.99, 1.01, 1.1):
        other = rich(two())
        size = found.copy()
        size["amount"] *= factor
        [done] = execute(other, trade(size[0]))
        given, got = float(done["filled_in"]), float(done["filled_out"])
        worth = got * price - given if price > ETH_USD else got - given * price
        if depth == np.inf:
            assert worth < paid


@pytest.mark.parametrize("gap", [1.008, 1.03, 0.96])
def test_a_cycle_over_several_ticks_leaves_nothing(gap: float) -> None:
    world = rich(two(price=ETH_USD * gap))
    profits, legs = best_cycles(*seen(world), 2)
    assert profits[0] > 0.0
    rows = [trade(leg) for leg in legs[0] if leg["pool"] >= 0]
    first, last = execute(world, *rows)
    assert last["filled_out"] - first["filled_in"] == pytest.approx(profits[0], rel=1e-6)
    assert best_cycles(*seen(world), 2)[0].max() < 1e-6


@pytest.mark.parametrize("limit", [0.999, 0.99, 0.97])
@pytest.mark.parametrize("buy", [True, False])
def test_a_front_run_over_ticks_leaves_the_victim_its_limit_and_earns_what_it_says(buy: bool, limit: float) -> None:
    value = 2e5 if buy else 80.0
    pools, ticks = seen(two(fee_bp=5.0))
    side = 1 if buy else 0
    plain = simulate_swap(pools.copy(), ticks, swap(BOB, value, buy=buy)[0])
    size, gain = best_front_run_over(pools, ticks, 0, side, value, limit * plain, 1e6 if buy else 400.0)
    assert size > 0.0
    world = rich(two(fee_bp=5.0))
    [front, victim] = execute(world, swap(ALICE, size, buy=buy), swap(BOB, value, buy=buy, limit=limit * plain))
    [back] = execute(world, swap(ALICE, float(front["filled_out"]), buy=not buy))
    assert fates([front, victim, back]) == ["FILLED"] * 3
    assert back["filled_out"] - size == pytest.approx(gain, rel=1e-9)


@pytest.mark.parametrize("start", [0.94, 0.985, 1.015, 1.07])
def test_an_arbitrageur_in_the_market_takes_a_gap_over_ticks_in_one_block(start: float) -> None:
    """The outside price stands still at 2500; the pool begins apart from it, and ends where the fees meet."""
    home = rollup("a", pools=(ranged(ETH_USD * start),))
    alone = AgentConfig(role="trader", strategy="arbitrageur", capital_usd=1e8)
    setting = config(
        home, agents=(alone,), horizon_s=3.0, assets=({"name": "ETH", "price_usd": ETH_USD, "volatility": 0.0},)
    )
    setting = setting.model_copy(update={"flow": setting.flow.model_copy(update={"per_second": 0.0})})
    market = opened(setting)
    market.run()
    x, y = market.world.tables.pools["virtual"][0]
    edge = 0.997 * (1.0 - 1e-4)  # of the pool and of the outside market
    assert y / x == pytest.approx(ETH_USD * edge if start < 1.0 else ETH_USD / edge, rel=1e-6)


# -- loss-versus-rebalancing of a range --------------------------------------------------------------------------------


def test_the_loss_of_a_range_is_that_of_the_theory() -> None:
    """An arbitrageur keeps a pool without fees at a random price, step by step.

    A range (a, b, L) that holds x(P) = L (1/sqrt P - 1/sqrt b) and is worth V(P) loses x(P) dP - dV to it in a step,
    and sigma^2/4 L sqrt(P) dt on average while P is inside: -sigma^2 P^2 V''/2 of Milionis et al. (2022), theorem 1.
    """
    world = rich(two(fee_bp=0.0))
    steps, sd = 4000, 1e-3
    path = ETH_USD * np.exp(np.cumsum(sd * np.random.default_rng(5).standard_normal(steps) - 0.5 * sd**2))
    rows = by_range(world.state, world.tables)
    rows = rows[rows["pool"] == 0]
    low, high = np.sqrt(rows["lower_price"]), np.sqrt(rows["upper_price"])
    exact, expected, squares = (np.zeros(len(rows)) for _ in range(3))
    before = ETH_USD
    for price in path:
        root, after = (np.clip(np.sqrt(at), low, high) for at in (before, price))
        x, x_after = (rows["liquidity"] * (1.0 / at - 1.0 / high) for at in (root, after))
        y, y_after = (rows["liquidity"] * (at - low) for at in (root, after))
        lost = x * (price - before) - (x_after * price + y_after - x * before - y)
        rate = 0.25 * sd**2 * rows["liquidity"] * np.sqrt(before) * ((root > low) & (root < high))
        exact, expected, squares = exact + lost, expected + rate, squares + (lost - rate) ** 2
        world.tables.prices[ETH] = price
        for found in against(world, price):
            assert fates(execute(world, trade(found))) == ["FILLED"]
        before = price
    lvr = by_range(world.state, world.tables)["lvr_usd"][: len(rows)]
    np.testing.assert_allclose(lvr, exact, rtol=1e-6)
    assert (np.abs(lvr - expected) < 3.0 * np.sqrt(squares)).all()
    assert (expected > 20.0 * np.sqrt(squares)).any()  # three errors are 15% at most for some


# -- what a whole run says ---------------------------------------------------------------------------------------------


def test_fees_and_losses_of_ranges_add_up_to_those_of_the_pool() -> None:
    world = rich(two())
    rng = np.random.default_rng(2)
    taken = 0.0
    for _ in range(40):
        buy, value = bool(rng.random() < 0.5), float(rng.uniform(1e3, 2e5))
        [done] = execute(world, swap(ALICE, value if buy else value / ETH_USD, buy=buy))
        price_in, price_out = (1.0, ETH_USD) if buy else (ETH_USD, 1.0)
        taken += float(done["filled_out"]) * price_out - 0.997 * float(done["filled_in"]) * price_in
    rows, pool = by_range(world.state, world.tables), world.tables.pools[0]
    mine = rows[rows["pool"] == 0]
    fees = world.tables.balance[int(pool["fee_account"]), 0] @ np.array([1.0, ETH_USD])
    everywhere = pool["everywhere"] * (pool["growth"] @ np.array([ETH_USD, 1.0]))
    assert mine["fees_usd"].sum() + everywhere == pytest.approx(fees, rel=1e-9)
    assert mine["lvr_usd"].sum() - pool["everywhere"] * pool["marked"] == pytest.approx(taken, rel=1e-9)
    x, y = reserves(world)
    whole = pool["everywhere"] / pool["shares"] * (pool["virtual"] @ np.array([ETH_USD, 1.0]))
    assert mine["value_usd"].sum() + whole == pytest.approx(x * ETH_USD + y, rel=1e-9)


def test_a_slot_shows_how_far_the_next_tick_is() -> None:
    world = two()
    pools, _ = seen(world)
    room, price = pools["room"][0], TicksSeen.of(world.tables.ticks).price
    up, down = (int(pools[side][0]) for side in ("above", "below"))
    assert price[down] < ETH_USD < price[up]
    execute(rich(world), swap(ALICE, float(room[1]) / 0.997 * (1.0 - 1e-9)))
    assert world.tables.pools["above"][0] == up
    execute(world, swap(ALICE, 1.0))
    assert world.tables.pools["below"][0] == up
