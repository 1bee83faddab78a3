"""Constant-product pools: hand-worked swaps, what no trader can gain, and who is owed which fees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import (
    ALICE,
    BOB,
    CAPITAL_USD,
    ETH,
    MAKER,
    OTHER_MAKER,
    USD,
    execute,
    fates,
    founded,
    intent,
    reserves,
    rollup,
    swap,
)

from market.config import PoolConfig
from market.venues import Kind
from market.venues.pools.rules import accumulate_price, claim, output

X, Y, FEE = 1000.0, 2.5e6, 0.003
amounts = st.floats(min_value=1e-6, max_value=1e7)


def add(sender: int, amount: float, **fields: float) -> np.ndarray:
    return intent(Kind.ADD_LIQUIDITY, sender, amount=amount, **{"venue": 0, "rollup": 0} | fields)


def remove(sender: int, shares: float) -> np.ndarray:
    return intent(Kind.REMOVE_LIQUIDITY, sender, venue=0, rollup=0, amount=shares)


# -- swaps -------------------------------------------------------------------------------------------------------------


def test_a_swap_by_hand() -> None:
    world = founded()
    [row] = execute(world, swap(ALICE, 25_000.0))
    net = 25_000.0 * (1 - FEE)
    out = X * net / (Y + net)
    assert row["filled_in"] == 25_000.0
    assert row["filled_out"] == pytest.approx(out, rel=1e-15)
    assert reserves(world) == pytest.approx((X - out, Y + net), rel=1e-15)
    held = world.tables.balance[ALICE, 0]
    assert held[USD] == CAPITAL_USD - 25_000.0
    assert held[ETH] == pytest.approx(400.0 + out, rel=1e-15)


def test_the_fee_stays_outside_of_the_curve() -> None:
    world = founded()
    execute(world, swap(ALICE, 25_000.0))
    fees = int(world.tables.pools["fee_account"][0])
    assert world.tables.balance[fees, 0, USD] == pytest.approx(75.0, rel=1e-12)
    x, y = reserves(world)
    assert x * y == pytest.approx(X * Y, rel=1e-14)


def test_a_limit_is_met_exactly_or_the_swap_reverts() -> None:
    exact = float(output(Y, X, FEE, 1000.0))
    world = founded()
    before = world.state.cells.copy()
    [row] = execute(world, swap(ALICE, 1000.0, limit=np.nextafter(exact, 1.0)))
    assert fates([row]) == ["LIMIT"]
    assert row["filled_in"] == row["filled_out"] == 0.0
    assert (world.state.cells == before).all()
    [row] = execute(world, swap(ALICE, 1000.0, limit=exact))
    assert fates([row]) == ["FILLED"]


@pytest.mark.parametrize(
    ("fields", "fate"),
    [
        ({"amount": 0.0}, "BAD_AMOUNT"),
        ({"amount": -1.0}, "BAD_AMOUNT"),
        ({"amount": np.nan}, "BAD_AMOUNT"),
        ({"amount": np.inf}, "BAD_AMOUNT"),
        ({"amount": CAPITAL_USD * 1.001}, "INSUFFICIENT_BALANCE"),
        ({"amount": 1e300}, "NO_LIQUIDITY"),
        ({"venue": 2}, "WRONG_VENUE"),
        ({"venue": -1}, "WRONG_VENUE"),
        ({"rollup": 1}, "WRONG_VENUE"),
        ({"rollup": 7}, "WRONG_VENUE"),
        ({"rollup": -1}, "WRONG_VENUE"),
        ({"sender": 10_000}, "WRONG_VENUE"),
        ({"sender": -1}, "WRONG_VENUE"),
        ({"asset_out": USD}, "WRONG_VENUE"),
        ({"asset_in": 2}, "WRONG_VENUE"),
        ({"asset_in": -1}, "WRONG_VENUE"),
        ({"kind": 12}, "WRONG_VENUE"),
        ({"tip": -0.01}, "BAD_AMOUNT"),
        ({"tip": np.nan}, "BAD_AMOUNT"),
        ({"tip": CAPITAL_USD}, "INSUFFICIENT_BALANCE"),
    ],
)
def test_what_no_pool_can_carry_out_reverts_without_a_trace(fields: dict[str, float], fate: str) -> None:
    world = founded()
    before = world.state.cells.copy()
    row = swap(ALICE, 1000.0)
    for name, value in fields.items():
        row[name] = value
    receipts = execute(world, row)
    assert fates(receipts) == [fate]
    assert world.state.cells.tobytes() == before.tobytes()


def test_all_one_has_can_be_swapped() -> None:
    for held in np.linspace(1.0, 1e5, 101):
        world = founded()
        world.tables.balance[ALICE, 0, USD] = held
        assert fates(execute(world, swap(ALICE, held))) == ["FILLED"]


@given(amounts, amounts)
def test_more_in_never_means_less_out_and_the_pool_never_empties(first: float, second: float) -> None:
    small, large = sorted((first, second))
    assert output(Y, X, FEE, small) <= output(Y, X, FEE, large) <= X


@given(st.floats(min_value=1.0, max_value=9e5), st.floats(min_value=0.01, max_value=0.99))
def test_splitting_a_swap_returns_what_the_whole_returns_and_never_more(amount: float, share: float) -> None:
    """Fees stay outside of the curve, so that a path of swaps depends on the sum alone."""
    whole, split = founded(), founded()
    [one] = execute(whole, swap(ALICE, amount))
    parts = execute(split, swap(ALICE, amount * share), swap(ALICE, amount - amount * share))
    assert parts["filled_out"].sum() == pytest.approx(one["filled_out"], rel=1e-9)


@given(st.lists(st.floats(min_value=1e-3, max_value=1e5), min_size=1, max_size=6), st.booleans())
def test_no_round_trip_ends_with_more_than_it_began(legs: list[float], buy: bool) -> None:
    """Whatever one pushes in, selling all that was bought returns less: by the fee at least."""
    world = founded()
    scale = 1.0 if buy else 1.0 / 2500.0
    bought = sum(execute(world, swap(ALICE, leg * scale, buy=buy))[0]["filled_out"] for leg in legs)
    [back] = execute(world, swap(ALICE, bought, buy=not buy))
    spent = sum(legs) * scale
    assert back["filled_out"] < spent * (1 - FEE) + 1e-9 * spent


@given(st.lists(st.tuples(st.booleans(), st.floats(min_value=1e-9, max_value=1e5)), min_size=1, max_size=12))
def test_the_product_of_the_reserves_never_falls(trades: list[tuple[bool, float]]) -> None:
    world = founded()
    for buy, amount in trades:
        execute(world, swap(BOB, amount if buy else amount / 2500.0, buy=buy))
    x, y = reserves(world)
    assert x * y >= X * Y * (1 - 1e-12)


# -- liquidity ---------------------------------------------------------------------------------------------------------


@given(st.floats(min_value=1e-6, max_value=300.0), st.floats(min_value=-2e5, max_value=2e5))
def test_adding_and_removing_liquidity_returns_what_was_put_in(amount: float, pushed: float) -> None:
    world = founded()
    if pushed:
        execute(world, swap(BOB, abs(pushed) if pushed > 0 else abs(pushed) / 2500.0, buy=pushed > 0))
    before, held = reserves(world), world.tables.balance[MAKER, 0].copy()
    [added] = execute(world, add(MAKER, amount))
    assert fates([added]) == ["FILLED"]
    x, y = reserves(world)
    assert x / y == pytest.approx(before[0] / before[1], rel=1e-12)  # the price is not moved
    assert added["filled_out"] == pytest.approx(X * amount / before[0], rel=1e-12)
    execute(world, remove(MAKER, added["filled_out"]))
    assert reserves(world) == pytest.approx(before, rel=1e-12)
    np.testing.assert_allclose(world.tables.balance[MAKER, 0], held, rtol=1e-9)


def test_fees_go_to_providers_by_share_and_time_of_entry() -> None:
    """Passive liquidity alone, then with MAKER's equal part, then with OTHER_MAKER's: 1, 1/2 and 1/4 of three fees."""
    world = founded(rollup("a", pools=(PoolConfig(depth_usd=2.5e5, fee_bp=30.0, price_usd=2500.0),)))
    passive, share = world.account_of["passive"], 100.0
    before = world.tables.balance[:, 0, USD].copy()
    execute(world, swap(ALICE, 1000.0))
    execute(world, add(MAKER, reserves(world)[0]))
    execute(world, swap(ALICE, 1000.0))
    execute(world, add(OTHER_MAKER, reserves(world)[0]))
    execute(world, swap(ALICE, 1000.0))
    start = world.tables.balance[:, 0, USD].copy()
    for account in (passive, MAKER, OTHER_MAKER):
        claim(world.state, account, 0)
    earned = world.tables.balance[:, 0, USD] - start
    # who came when: one whole fee, a half and a quarter; a half and a quarter; half of the last
    assert earned[passive] == pytest.approx(3.0 * (1 + 1 / 2 + 1 / 4), rel=1e-9)
    assert earned[MAKER] == pytest.approx(3.0 * (1 / 2 + 1 / 4), rel=1e-9)
    assert earned[OTHER_MAKER] == pytest.approx(3.0 * 1 / 2, rel=1e-9)
    assert world.tables.pools["shares"][0] == pytest.approx(4 * share, rel=1e-9)
    fees = int(world.tables.pools["fee_account"][0])
    assert world.tables.balance[fees, 0, USD] == pytest.approx(0.0, abs=1e-9)
    assert before[passive] == 0.0


def test_removing_pays_the_fees_owed_once() -> None:
    world = founded()
    [added] = execute(world, add(MAKER, 250.0))
    execute(world, swap(ALICE, 10_000.0))
    start = world.tables.balance[MAKER, 0, USD]
    _, y = reserves(world)
    execute(world, remove(MAKER, added["filled_out"]))
    assert world.tables.balance[MAKER, 0, USD] - start == pytest.approx(y / 5 + 30.0 / 5, rel=1e-12)
    again = world.tables.balance[MAKER, 0].copy()
    claim(world.state, MAKER, 0)
    assert (world.tables.balance[MAKER, 0] == again).all()


@pytest.mark.parametrize(
    ("row", "fate"),
    [
        (add(ALICE, 1.0), "NOT_ALLOWED"),
        (add(MAKER, 0.0), "BAD_AMOUNT"),
        (add(MAKER, np.nan), "BAD_AMOUNT"),
        (add(MAKER, 401.0), "INSUFFICIENT_BALANCE"),
        (add(MAKER, 100.0, limit=249_999.0), "LIMIT"),
        (add(MAKER, 100.0, rollup=1), "WRONG_VENUE"),
        (add(MAKER, 100.0, venue=9), "WRONG_VENUE"),
        (remove(MAKER, 1.0), "INSUFFICIENT_BALANCE"),
        (remove(ALICE, 1.0), "NOT_ALLOWED"),
    ],
)
def test_what_a_provider_may_not_do(row: np.ndarray, fate: str) -> None:
    world = founded()
    before = world.state.cells.copy()
    assert fates(execute(world, row.copy())) == [fate]
    assert world.state.cells.tobytes() == before.tobytes()


def test_nobody_empties_a_pool() -> None:
    """Its last provider cannot leave: a pool without reserves has no price to start from again."""
    world = founded()
    assert fates(execute(world, remove(world.account_of["passive"], X))) == ["NO_LIQUIDITY"]


# -- the accumulator from which time-weighted prices come --------------------------------------------------------------


def test_the_accumulator_is_the_integral_of_a_known_path() -> None:
    world = founded()
    first = reserves(world)
    execute(world, swap(ALICE, 50_000.0), time=10.0)
    second = reserves(world)
    execute(world, swap(ALICE, 20.0, buy=False), time=25.0)
    third = reserves(world)
    accumulate_price(world.state, 0, 30.0)
    expected = 10.0 * first[1] / first[0] + 15.0 * second[1] / second[0] + 5.0 * third[1] / third[0]
    assert world.tables.pools["cumulative"][0] == pytest.approx(expected, rel=1e-14)


def test_swaps_within_a_block_weigh_nothing_in_the_accumulator() -> None:
    world = founded()
    execute(world, swap(ALICE, 500_000.0), swap(BOB, 100.0, buy=False), swap(ALICE, 50.0, buy=False), time=10.0)
    assert world.tables.pools["cumulative"][0] == pytest.approx(10.0 * 2500.0, rel=1e-14)


def test_a_payment_into_a_pool_does_not_rewrite_its_past_price() -> None:
    """Whatever reaches the reserves at 100 s must not count for the seconds before it."""
    world = founded()
    account = int(world.tables.pools["account"][0])
    gift = intent(Kind.PAYMENT, ALICE, rollup=0, target=account, asset_in=USD, amount=5e5)
    execute(world, gift, time=100.0)
    execute(world, swap(ALICE, 1.0), time=100.0)
    assert world.tables.pools["cumulative"][0] == pytest.approx(100.0 * 2500.0, rel=1e-12)
