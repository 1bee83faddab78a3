"""Rates by utilisation and what suppliers get: by hand, to the last cent, and through the ledger."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import (
    ALICE,
    BOB,
    CAPITAL_USD,
    USD,
    check_ledger,
    config,
    execute,
    fates,
    founded,
    intent,
    lender,
    opened,
    ran,
    reported,
    rollup,
    stressed,
)  # fmt: skip

from market.config import BorrowersConfig, LendingConfig
from market.genesis import World
from market.measures.traced import scene
from market.state.ledger import Why, totals
from market.venues import Kind
from market.venues.lending import rates
from market.venues.lending import rules as lending
from market.venues.lending.supply import claim
from market.venues.liquidation.reindex import reindex

YEAR = 365.0 * 86400.0
LAW = {"base": 0.01, "kink": 0.8, "slope_below": 0.04, "slope_above": 0.75, "reserve_factor": 0.2}
DEBT = 10_000.0


def bank(cash: float, law: dict[str, float] | None = LAW, **changes: Any) -> World:
    """A market with one loan of 10,000 USD against plenty of collateral, and a given cash; all is the lenders'."""
    world = founded(
        rollup("a", lending=(lender(rates=law, **changes),), borrowers=1), borrowers=BorrowersConfig(reserve_share=0.5)
    )
    tables = world.tables
    row = tables.lending[0]
    tables.loans["debt"], tables.loans["collateral"] = DEBT, 100.0
    account = int(row["account"])
    tables.balance[account, 0] = cash, 100.0
    row["scaled_debt"], row["supplied"] = DEBT, cash + DEBT
    tables.supplies["shares"][-1] = tables.supplies["principal"][-1] = cash + DEBT
    reindex(world.state)
    return world


def funds(kind: int, amount: float, sender: int = ALICE, **fields: Any) -> np.ndarray:
    return intent(
        kind, sender, **{"venue": 0, "rollup": 0, "amount": amount, "asset_in": USD, "asset_out": USD} | fields
    )


def loan(world: World, kind: int, amount: float) -> np.ndarray:
    """Its owner borrows more, or somebody with funds repays part of it."""
    sender = BOB if kind == Kind.REPAY else int(world.tables.loans["owner"][0])
    return intent(kind, sender, venue=0, rollup=0, target=0, amount=amount)


def all_claims(world: World) -> float:
    """What suppliers and the treasury are owed, less what there is to pay them from."""
    row = world.tables.lending[0]
    owed = row["scaled_debt"] * row["index"] + row["bad_debt"]
    return row["supplied"] * row["supply_index"] + row["reserves"] - rates.cash(world.state, 0) - owed


# -- the rate ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "rate"),
    [(0.0, 0.01), (0.4, 0.03), (0.8, 0.05), (0.9, 0.05 + 0.375), (1.0, 0.80)],
)
def test_the_rate_by_hand(used: float, rate: float) -> None:
    """1% at rest, 4% more up to 80%, and 75% more from there."""
    assert rates.kinked(used, 0.01, 0.8, 0.04, 0.75) == pytest.approx(rate, rel=1e-12)
    world = bank(cash=DEBT / used - DEBT if used else 1e30)
    assert rates.utilisation(world.state, 0) == pytest.approx(used, abs=1e-12)
    assert rates.borrowing_rate(world.state, 0) * YEAR == pytest.approx(rate, rel=1e-12)


@given(low=st.floats(1e-9, 1.0), high=st.floats(1e-9, 1.0), kink=st.floats(0.01, 0.99))
def test_the_rate_rises_with_utilisation_and_has_no_jump(low: float, high: float, kink: float) -> None:
    low, high = sorted((low, high))
    below, above = rates.kinked(low, 0.01, kink, 0.04, 0.75), rates.kinked(high, 0.01, kink, 0.04, 0.75)
    steepest = max(0.04 / kink, 0.75 / (1.0 - kink))
    assert -1e-12 <= above - below <= steepest * (high - low) + 1e-12


@given(
    cash=st.floats(0.0, 1e9), rate=st.just(0.0) | st.floats(1e-9, 1.0), waits=st.lists(st.floats(0.0, 3e7), max_size=5)
)
def test_a_constant_rate_knows_no_utilisation(cash: float, rate: float, waits: list[float]) -> None:
    world = bank(cash, law=None, rate=rate)
    for time in np.cumsum(waits):
        lending.accrue(world.state, time)
    row = world.tables.lending[0]
    assert row["rate"] == row["floor"] == rate / YEAR
    assert row["reserves"] == 0.0
    assert lending.owed(world.state, 0) == pytest.approx(DEBT * math.exp(rate / YEAR * sum(waits)), rel=1e-12)


# -- accrual -----------------------------------------------------------------------------------------------------------


def test_a_year_by_hand() -> None:
    """Half lent out: 3.5%. A fifth of the interest is kept, the rest belongs to who supplied 20,000 USD."""
    world = bank(cash=DEBT)
    lending.accrue(world.state, YEAR)
    interest = DEBT * math.expm1(0.01 + 0.04 * 0.5 / 0.8)
    assert lending.owed(world.state, 0) == pytest.approx(DEBT + interest, rel=1e-12)
    row = world.tables.lending[0]
    assert row["interest"] == pytest.approx(interest, rel=1e-12)
    assert row["reserves"] == pytest.approx(0.2 * interest, rel=1e-12)
    lenders = world.account_of["lenders"]
    assert claim(world.state, lenders, 0) == pytest.approx(2 * DEBT + 0.8 * interest, rel=1e-12)
    # nothing has been paid yet
    assert rates.cash(world.state, 0) == DEBT


def test_the_rate_of_a_stretch_is_that_which_its_first_block_left() -> None:
    """10,000 of 20,000 are lent out; half a year later, 4,000 of it are repaid."""
    world = bank(cash=DEBT)
    lending.accrue(world.state, YEAR / 2)
    first = DEBT * math.exp(0.035 / 2)
    assert fates(execute(world, loan(world, Kind.REPAY, 4000.0))) == ["FILLED"]
    left = first - 4000.0
    used = left / (left + DEBT + 4000.0)
    lending.accrue(world.state, YEAR)
    second = left * math.exp((0.01 + 0.04 * used / 0.8) / 2)
    assert lending.owed(world.state, 0) == pytest.approx(second, rel=1e-12)
    row = world.tables.lending[0]
    assert row["rate"] * YEAR == pytest.approx(0.01 + 0.05 * used, rel=1e-12)
    assert row["interest"] == pytest.approx(first - DEBT + second - left, rel=1e-9)


# -- suppliers ---------------------------------------------------------------------------------------------------------


def test_suppliers_are_paid_principal_and_interest_through_the_ledger() -> None:
    world = bank(cash=0.0)  # all is lent out: 80%
    opening = totals(world.tables)
    assert fates(execute(world, funds(Kind.SUPPLY, 5000.0, ALICE), funds(Kind.SUPPLY, 5000.0, BOB))) == ["FILLED"] * 2
    lending.accrue(world.state, YEAR)
    interest = DEBT * math.expm1(0.035)  # half is lent out again
    mine = 5000.0 + 0.8 * interest / 4
    assert claim(world.state, ALICE, 0) == pytest.approx(mine, rel=1e-12)
    assert fates(execute(world, funds(Kind.REDEEM, 1.001 * mine))) == ["INSUFFICIENT_BALANCE"]
    assert fates(execute(world, funds(Kind.REDEEM, 0.4 * mine), funds(Kind.REDEEM, 0.6 * mine))) == ["FILLED"] * 2
    assert claim(world.state, ALICE, 0) == pytest.approx(0.0, abs=1e-8)
    assert world.tables.balance[ALICE, 0, USD] == pytest.approx(CAPITAL_USD + 0.8 * interest / 4, rel=1e-12)
    flows, groups = world.tables.flows, world.groups
    paid = flows[groups.index("lending"), ALICE, :, USD]
    assert paid[Why.SUPPLY] == pytest.approx(5000.0, rel=1e-12)
    assert paid[Why.INTEREST] == pytest.approx(0.8 * interest / 4, rel=1e-9)
    # and so is the treasury
    assert fates(execute(world, funds(Kind.COLLECT_RESERVES, 1e9, BOB))) == ["FILLED"]
    treasury = world.treasury[0]
    assert world.tables.balance[treasury, 0, USD] == pytest.approx(0.2 * interest, rel=1e-12)
    assert fates(execute(world, funds(Kind.COLLECT_RESERVES, 1e9, BOB))) == ["NO_LIQUIDITY"]
    check_ledger(world.tables, opening)


def test_while_all_is_lent_out_nobody_is_paid() -> None:
    world = bank(cash=0.0)
    execute(world, funds(Kind.SUPPLY, 5000.0))
    # whoever borrows takes it
    assert fates(execute(world, loan(world, Kind.BORROW, 4000.0))) == ["FILLED"]
    before = world.state.cells.tobytes()
    assert fates(execute(world, funds(Kind.REDEEM, 1001.0))) == ["NO_LIQUIDITY"]
    assert world.state.cells.tobytes() == before
    assert fates(execute(world, funds(Kind.REDEEM, 1000.0))) == ["FILLED"]


def test_who_has_no_row_cannot_supply() -> None:
    world = bank(cash=DEBT)
    stranger = int(world.tables.loans["owner"][0])
    for kind in (Kind.SUPPLY, Kind.REDEEM):
        assert fates(execute(world, funds(kind, 10.0, stranger))) == ["NOT_ALLOWED"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from((Kind.SUPPLY, Kind.REDEEM, Kind.BORROW, Kind.REPAY, Kind.COLLECT_RESERVES, Kind.LIQUIDATE)),
        st.sampled_from((ALICE, BOB)),
        st.floats(1.0, 2e4),
        st.floats(0.0, 2e7),
    ),
    max_size=25,
)


@given(steps=STEPS, cash=st.floats(0.0, 2e4))
def test_what_is_owed_to_suppliers_and_the_treasury_is_what_there_is(steps: list[Any], cash: float) -> None:
    """Claims and reserves equal cash, debts and lost debts, whatever is sent and however long it takes."""
    world = bank(cash)
    opening, time = totals(world.tables), 0.0
    for kind, sender, amount, wait in steps:
        time += wait
        lending.accrue(world.state, time)
        if kind in (Kind.BORROW, Kind.REPAY):
            row = loan(world, kind, amount)
        elif kind == Kind.LIQUIDATE:
            feed = int(world.tables.lending["feed_collateral"][0])
            world.tables.feeds["price"][feed] *= 0.5  # until nothing covers the debt
            row = intent(kind, sender, venue=0, rollup=0, target=0, amount=amount, asset_in=USD, asset_out=1)
        else:
            row = funds(kind, amount, sender)
        execute(world, row, time=time)
        row = world.tables.lending[0]
        scale = row["supplied"] * row["supply_index"] + row["interest"] + 1.0
        assert abs(all_claims(world)) <= 1e-9 * scale
        assert sum(claim(world.state, at, 0) for at in (ALICE, BOB, world.account_of["lenders"])) == pytest.approx(
            row["supplied"] * row["supply_index"], rel=1e-9, abs=1e-6
        )
        check_ledger(world.tables, opening)


# -- a market ----------------------------------------------------------------------------------------------------------


def test_a_market_under_stress_keeps_the_balance() -> None:
    base = stressed("centralized_shared")
    listed = tuple(each.model_copy(update={"lending": (lender(rates=LAW, cash_usd=1e4),)}) for each in base.rollups)
    market = ran(base.model_copy(update={"rollups": listed}))
    assert reported(market)["conservation_error"] < 1e-9
    assert reported(market)["interest_usd"] > 0.0
    for at, row in enumerate(market.world.tables.lending):
        owed = row["scaled_debt"] * row["index"] + row["bad_debt"] + rates.cash(market.world.state, at)
        assert row["supplied"] * row["supply_index"] + row["reserves"] == pytest.approx(owed, rel=1e-9)
        assert row["reserves"] == pytest.approx(0.2 * row["interest"], rel=1e-9)


def test_cascades_are_not_traced_where_rates_move() -> None:
    market = opened(config(rollup("a", lending=(lender(rates=LAW),), borrowers=2)))
    with pytest.raises(ValueError, match="rates are constant"):
        scene(market)


@pytest.mark.parametrize("law", [{"kink": 1.0}, {"reserve_factor": 1.5}, {"slope_above": -0.1}, {"slope": 0.1}])
def test_bad_laws_are_refused(law: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(law))):
        LendingConfig(rates=law)


def test_rates_by_utilisation_need_another_debt_asset() -> None:
    with pytest.raises(ValueError, match="that is not the collateral"):
        LendingConfig(rates={}, collateral="ETH", debt="ETH")
