"""Lending markets: interest, health, who may do what, liquidation by hand, bad debt."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import ALICE, BOB, CAPITAL_USD, ETH, USD, check_ledger, execute, fates, founded, intent, lender, rollup

from market.config import BorrowersConfig
from market.genesis import World
from market.state.ledger import Why, totals
from market.venues import Kind
from market.venues.lending import at_risk
from market.venues.lending import rules as lending
from market.venues.liquidation.reindex import reindex

YEAR = 365.0 * 86400.0
PRICE = 2500.0


def bank(borrowers: int = 2, **changes: float) -> World:
    """A lending market with positions 0 (10 ETH against 10,000 USD, loan-to-value 0.4) and 1 (as founded)."""
    world = founded(
        rollup("a", lending=(lender(**changes),), borrowers=borrowers),
        rollup("b"),
        borrowers=BorrowersConfig(ltv_low=0.3, ltv_high=0.5, reserve_share=0.5),
    )
    set_position(world, 0, 10.0, 10_000.0)
    return world


def set_position(world: World, position: int, collateral: float, debt: float) -> None:
    """Give a position other numbers and keep the market's account and totals in step."""
    tables = world.tables
    market = tables.lending[0]
    row = tables.loans[position]
    tables.balance[int(market["account"]), 0, ETH] += collateral - row["collateral"]
    market["scaled_debt"] += debt - row["debt"]
    row["collateral"], row["debt"] = collateral, debt
    market["key_bound"] = max(market["key_bound"], debt / (0.8 * collateral))
    reindex(world.state)


def post(world: World, price: float, feed: int = 0, time: float = 0.0) -> np.ndarray:
    row = intent(Kind.ORACLE_UPDATE, world.account_of["oracle"], venue=feed, rollup=0, amount=price)
    return execute(world, row, time=time)


def on_position(kind: int, sender: int, amount: float, position: int = 0, **fields: float) -> np.ndarray:
    sides = {"asset_in": USD, "asset_out": ETH} if kind == Kind.LIQUIDATE else {}
    return intent(kind, sender, **{"amount": amount, "venue": 0, "rollup": 0, "target": position} | sides | fields)


def owner(world: World, position: int = 0) -> int:
    return int(world.tables.loans["owner"][position])


# -- interest and health -----------------------------------------------------------------------------------------------


def _with(amount: float, fields: dict[str, Any]) -> dict[str, Any]:
    return {"amount": amount} | fields


@given(st.lists(st.floats(min_value=0.0, max_value=3e7), max_size=8), st.just(0.0) | st.floats(1e-9, 0.5))
def test_debt_grows_exponentially_however_often_it_accrues(waits: list[float], rate: float) -> None:
    world = bank(rate=rate)
    time = 0.0
    for wait in waits:
        time += wait
        lending.accrue(world.state, time)
    assert lending.owed(world.state, 0) == pytest.approx(10_000.0 * math.exp(rate * time / YEAR), rel=1e-12)


def test_time_that_does_not_pass_earns_nothing() -> None:
    world = bank(rate=0.1)
    lending.accrue(world.state, 1000.0)
    once = lending.owed(world.state, 0)
    lending.accrue(world.state, 1000.0)
    lending.accrue(world.state, 500.0)
    assert lending.owed(world.state, 0) == once


def test_health_is_threshold_times_collateral_value_over_debt() -> None:
    world = bank(rate=0.1)
    assert lending.health(world.state, 0) == pytest.approx(0.8 * 10 * 2500 / 10_000, rel=1e-15)
    post(world, 1250.0)
    assert lending.health(world.state, 0) == pytest.approx(1.0, rel=1e-15)
    lending.accrue(world.state, YEAR)
    assert lending.health(world.state, 0) == pytest.approx(math.exp(-0.1), rel=1e-12)
    set_position(world, 0, 10.0, 0.0)
    assert lending.health(world.state, 0) == math.inf


def test_health_follows_the_oracle_and_not_the_market() -> None:
    world = bank()
    world.tables.prices[ETH] = 1.0
    assert lending.health(world.state, 0) == pytest.approx(2.0)


# -- deposits, withdrawals, loans --------------------------------------------------------------------------------------


def test_anybody_may_deposit_and_repay_but_only_the_owner_takes_out() -> None:
    world = bank()
    asked = [
        on_position(Kind.DEPOSIT, ALICE, 1.0),
        on_position(Kind.REPAY, ALICE, 100.0),
        on_position(Kind.WITHDRAW, ALICE, 1.0),
        on_position(Kind.BORROW, ALICE, 100.0),
        on_position(Kind.WITHDRAW, owner(world), 1.0),
        on_position(Kind.BORROW, owner(world), 100.0),
    ]
    assert fates(execute(world, *asked)) == ["FILLED", "FILLED", "NOT_OWNER", "NOT_OWNER", "FILLED", "FILLED"]
    position = world.tables.loans[0]
    assert position["collateral"] == 10.0
    assert position["debt"] == 10_000.0


def test_one_may_borrow_up_to_the_largest_loan_to_value_and_no_cent_more() -> None:
    world = bank()
    room = 0.75 * 10 * PRICE - 10_000.0
    assert fates(execute(world, on_position(Kind.BORROW, owner(world), room + 0.01))) == ["UNHEALTHY"]
    [row] = execute(world, on_position(Kind.BORROW, owner(world), room - 0.01))
    assert fates([row]) == ["FILLED"]
    assert row["filled_out"] == room - 0.01
    assert world.tables.balance[owner(world), 0, USD] == pytest.approx(100.0 + room - 0.01)
    assert fates(execute(world, on_position(Kind.WITHDRAW, owner(world), 0.01))) == ["UNHEALTHY"]


def test_collateral_without_debt_can_all_be_withdrawn() -> None:
    world = bank()
    assert fates(execute(world, on_position(Kind.REPAY, ALICE, 1e6))) == ["FILLED"]
    assert world.tables.loans["debt"][0] == 0.0
    assert fates(execute(world, on_position(Kind.WITHDRAW, owner(world), 10.000001))) == ["INSUFFICIENT_BALANCE"]
    assert fates(execute(world, on_position(Kind.WITHDRAW, owner(world), 10.0))) == ["FILLED"]
    assert fates(execute(world, on_position(Kind.BORROW, owner(world), 0.01))) == ["UNHEALTHY"]


def test_repaying_more_than_is_owed_pays_what_is_owed() -> None:
    world = bank(rate=0.1)
    lending.accrue(world.state, YEAR / 2)
    owed = 10_000.0 * math.exp(0.05)
    [row] = execute(world, on_position(Kind.REPAY, ALICE, 1e6))
    assert row["filled_in"] == pytest.approx(owed, rel=1e-12)
    assert world.tables.balance[ALICE, 0, USD] == pytest.approx(CAPITAL_USD - owed, rel=1e-12)
    assert fates(execute(world, on_position(Kind.REPAY, ALICE, 1.0))) == ["BAD_AMOUNT"]


def test_a_market_lends_no_more_than_it_has() -> None:
    world = bank(cash_usd=1000.0)
    assert fates(execute(world, on_position(Kind.BORROW, owner(world), 1001.0))) == ["NO_LIQUIDITY"]
    assert fates(execute(world, on_position(Kind.BORROW, owner(world), 1000.0))) == ["FILLED"]


@pytest.mark.parametrize("kind", [Kind.DEPOSIT, Kind.WITHDRAW, Kind.BORROW, Kind.REPAY, Kind.LIQUIDATE])
@pytest.mark.parametrize(
    ("fields", "fate"),
    [
        ({"amount": 0.0}, "BAD_AMOUNT"),
        ({"amount": -5.0}, "BAD_AMOUNT"),
        ({"amount": np.nan}, "BAD_AMOUNT"),
        ({"amount": np.inf}, "BAD_AMOUNT"),
        ({"venue": 1}, "WRONG_VENUE"),
        ({"venue": -1}, "WRONG_VENUE"),
        ({"target": 99}, "WRONG_VENUE"),
        ({"target": -1}, "WRONG_VENUE"),
        ({"rollup": 1}, "WRONG_VENUE"),
    ],
)
def test_what_no_lending_market_can_carry_out(kind: int, fields: dict[str, Any], fate: str) -> None:
    world = bank()
    post(world, 1000.0)
    before = world.state.cells.copy()
    assert fates(execute(world, on_position(kind, owner(world), **_with(1.0, fields)))) == [fate]
    assert world.state.cells.tobytes() == before.tobytes()


# -- liquidation -------------------------------------------------------------------------------------------------------


def test_a_healthy_position_cannot_be_liquidated() -> None:
    world = bank()
    post(world, 1250.0)  # health exactly 1
    assert fates(execute(world, on_position(Kind.LIQUIDATE, ALICE, 100.0))) == ["HEALTHY"]
    post(world, 1249.0)
    assert fates(execute(world, on_position(Kind.LIQUIDATE, ALICE, 100.0))) == ["FILLED"]


def test_a_liquidation_by_hand() -> None:
    """Health 0.96: half of 10,000 USD may be repaid, for 5000 x 1.1 / 1200 ETH."""
    world = bank()
    post(world, 1200.0)
    [row] = execute(world, on_position(Kind.LIQUIDATE, ALICE, 1e5))
    assert row["filled_in"] == pytest.approx(5000.0, rel=1e-14)
    assert row["filled_out"] == pytest.approx(5500.0 / 1200.0, rel=1e-14)
    position = world.tables.loans[0]
    assert position["debt"] == pytest.approx(5000.0, rel=1e-14)
    assert position["collateral"] == pytest.approx(10.0 - 5500.0 / 1200.0, rel=1e-14)
    assert world.tables.balance[ALICE, 0, USD] == CAPITAL_USD - 5000.0
    assert world.tables.balance[ALICE, 0, ETH] == pytest.approx(400.0 + 5500.0 / 1200.0, rel=1e-14)


def test_below_the_full_close_level_all_of_the_debt_may_be_repaid() -> None:
    world = bank(bonus=0.05)
    post(world, 1150.0)  # health 0.92
    [row] = execute(world, on_position(Kind.LIQUIDATE, ALICE, 1e5))
    assert row["filled_in"] == pytest.approx(10_000.0, rel=1e-14)
    assert world.tables.loans["debt"][0] == 0.0
    assert world.tables.lending["bad_debt"][0] == 0.0


def test_a_limit_on_the_collateral_is_kept() -> None:
    world = bank()
    post(world, 1200.0)
    seized = 1100.0 / 1200.0
    assert fates(execute(world, on_position(Kind.LIQUIDATE, ALICE, 1000.0, limit=seized * 1.000001))) == ["LIMIT"]
    assert fates(execute(world, on_position(Kind.LIQUIDATE, ALICE, 1000.0, limit=seized * 0.999999))) == ["FILLED"]


def test_what_collateral_does_not_cover_is_bad_debt_of_the_market() -> None:
    """At 550 USD, 10 ETH buy back 5000 USD of 10,000 at a bonus of 10%; the rest is lost, and nobody owes it."""
    world = bank()
    opening, cash = totals(world.tables), world.tables.balance[int(world.tables.lending["account"][0]), 0].copy()
    post(world, 550.0)
    [row] = execute(world, on_position(Kind.LIQUIDATE, ALICE, 1e5))
    assert row["filled_in"] == pytest.approx(5000.0, rel=1e-12)
    assert row["filled_out"] == pytest.approx(10.0, rel=1e-12)
    assert world.tables.loans["debt"][0] == 0.0
    assert world.tables.loans["collateral"][0] == pytest.approx(0.0, abs=1e-11)
    assert world.tables.lending["bad_debt"][0] == pytest.approx(5000.0, rel=1e-12)
    held = world.tables.balance[int(world.tables.lending["account"][0]), 0]
    assert held[USD] == pytest.approx(cash[USD] + 5000.0)
    check_ledger(world.tables, opening)
    assert fates(execute(world, on_position(Kind.LIQUIDATE, ALICE, 1.0))) == ["HEALTHY"]


@given(
    st.floats(min_value=300.0, max_value=1249.0),
    st.lists(st.floats(min_value=1.0, max_value=20_000.0), min_size=1, max_size=6),
)
def test_liquidators_gain_the_bonus_and_no_more(price: float, attempts: list[float]) -> None:
    world = bank()
    opening = totals(world.tables)
    post(world, price)
    for amount in attempts:
        [row] = execute(world, on_position(Kind.LIQUIDATE, ALICE, amount))
        assert row["filled_in"] <= amount
        assert row["filled_out"] * price <= row["filled_in"] * 1.1 * (1 + 1e-12)
    check_ledger(world.tables, opening)
    lost = world.tables.lending["bad_debt"][0]
    paid = world.tables.flows[:, :, Why.LIQUIDATION, USD].sum()
    assert world.tables.loans["debt"][0] + paid + lost == pytest.approx(10_000.0, rel=1e-9)


@given(st.floats(min_value=500.0, max_value=3000.0))
def test_the_list_of_unhealthy_positions_is_complete(price: float) -> None:
    """The bound that spares a scan never hides a position; a brute-force look at every health agrees."""
    world = bank(borrowers=30)
    found = np.zeros(64, np.int64)
    for level in (price, 2500.0, price):
        post(world, level)
        count = at_risk.unhealthy(world.state, 0, found)
        by_hand = [at for at in range(30) if lending.health(world.state, at) < 1.0]
        assert found[:count].tolist() == by_hand
        assert at_risk.unhealthy(world.state, 1, found) == 0


def test_without_a_price_nobody_is_liquidated_and_nobody_borrows() -> None:
    world = bank()
    world.tables.feeds["price"][0] = 0.0
    rows = (
        on_position(Kind.LIQUIDATE, ALICE, 1.0),
        on_position(Kind.BORROW, owner(world), 1.0),
        on_position(Kind.WITHDRAW, owner(world), 1.0),
    )
    assert fates(execute(world, *rows)) == ["HEALTHY", "UNHEALTHY", "UNHEALTHY"]
    assert at_risk.unhealthy(world.state, 0, np.zeros(8, np.int64)) == 0


@pytest.mark.parametrize("sides", [(ETH, USD), (99, 98), (-1, -1), (USD, USD)])
def test_a_liquidation_that_misnames_its_assets_is_not_recorded_under_them(sides: tuple[int, int]) -> None:
    """Whoever measures a receipt reads its assets: they must be those that moved."""
    world = bank()
    post(world, 1200.0)
    [row] = execute(world, on_position(Kind.LIQUIDATE, BOB, 100.0, asset_in=sides[0], asset_out=sides[1]))
    named = (row["asset_in"], row["asset_out"])
    assert fates([row]) == ["WRONG_VENUE"] or named == (USD, ETH)
