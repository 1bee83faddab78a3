"""Blocks: intents in order, bundles all or none, carried intents safe from whoever carries them."""

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
    OPERATOR,
    USD,
    execute,
    fates,
    founded,
    intent,
    lender,
    rollup,
    swap,
)

from market.execution import execute_block
from market.intents.rows import Status
from market.state.store import FLOWS_AT
from market.venues import Kind
from market.venues.pools.rules import output

BUILDER = 2


def pay(sender: int, amount: float, *, payee: int = BOB, **fields: float) -> np.ndarray:
    return intent(Kind.PAYMENT, sender, **{"rollup": 0, "target": payee, "asset_in": USD, "amount": amount} | fields)


def outside(sender: int, amount: float, **fields: float) -> np.ndarray:
    return intent(Kind.OUTSIDE, sender, **{"rollup": 0, "asset_in": USD, "asset_out": ETH, "amount": amount} | fields)


# -- single intents ----------------------------------------------------------------------------------------------------


def test_the_order_decides_who_gets_which_price() -> None:
    first, second = founded(), founded()
    forward = execute(first, swap(ALICE, 10_000.0), swap(BOB, 10_000.0))["filled_out"]
    backward = execute(second, swap(BOB, 10_000.0), swap(ALICE, 10_000.0))["filled_out"]
    assert forward[0] > forward[1]
    assert forward.tolist() == backward.tolist()


def test_tips_go_to_the_builder_and_gas_to_the_operator_of_filled_intents_only() -> None:
    world = founded(rollup("a", gas_usd=0.5), rollup("b", gas_usd=0.25))
    receipts = execute(
        world,
        pay(ALICE, 10.0, tip=2.0),
        pay(ALICE, 10.0, rollup=1, tip=1.0),
        pay(ALICE, -1.0, tip=50.0),
        builder=BUILDER,
    )
    assert fates(receipts) == ["FILLED", "FILLED", "BAD_AMOUNT"]
    held = world.tables.balance[:, :, USD] - CAPITAL_USD
    assert held[ALICE].tolist() == [-12.5, -11.25]
    assert held[BUILDER].tolist() == [2.0, 1.0]
    assert held[OPERATOR].tolist() == [0.5, 0.25]


def test_oracle_updates_cost_no_gas() -> None:
    world = founded(rollup("a", gas_usd=0.5, lending=(lender(),)))
    row = intent(Kind.ORACLE_UPDATE, world.account_of["oracle"], venue=0, rollup=0, amount=2400.0)
    assert fates(execute(world, row)) == ["FILLED"]
    assert world.tables.balance[OPERATOR, 0, USD] == CAPITAL_USD


def test_who_cannot_pay_for_inclusion_is_not_included() -> None:
    world = founded(rollup("a", gas_usd=0.5))
    world.tables.balance[ALICE, 0, USD] = 10.4
    before = world.state.cells.copy()
    assert fates(execute(world, pay(ALICE, 10.0))) == ["INSUFFICIENT_BALANCE"]
    assert world.state.cells.tobytes() == before.tobytes()
    assert fates(execute(world, pay(ALICE, 9.9))) == ["FILLED"]


def test_the_outside_market_trades_at_the_reference_price_less_its_fee() -> None:
    world = founded()
    world.tables.prices[ETH] = 2000.0
    buy, sell = execute(world, outside(ALICE, 4000.0), outside(BOB, 3.0, asset_in=ETH, asset_out=USD))
    assert buy["filled_out"] == pytest.approx(2.0 * 0.9999, rel=1e-15)
    assert sell["filled_out"] == pytest.approx(6000.0 * 0.9999, rel=1e-15)
    market = world.account_of["outside"]
    assert world.tables.balance[market, 0] == pytest.approx([4000.0 - 6000.0 * 0.9999, 3.0 - 2.0 * 0.9999])


@pytest.mark.parametrize(
    ("row", "fate"),
    [
        (pay(ALICE, 0.0), "BAD_AMOUNT"),
        (pay(ALICE, np.nan), "BAD_AMOUNT"),
        (pay(ALICE, np.inf), "BAD_AMOUNT"),
        (pay(ALICE, CAPITAL_USD * 2), "INSUFFICIENT_BALANCE"),
        (pay(ALICE, 1.0, payee=-1), "WRONG_VENUE"),
        (pay(ALICE, 1.0, payee=10_000), "WRONG_VENUE"),
        (pay(ALICE, 1.0, asset_in=5), "WRONG_VENUE"),
        (pay(ALICE, 1.0, rollup=2), "WRONG_VENUE"),
        (outside(ALICE, -1.0), "BAD_AMOUNT"),
        (outside(ALICE, np.nan), "BAD_AMOUNT"),
        (outside(ALICE, 2 * CAPITAL_USD), "INSUFFICIENT_BALANCE"),
        (outside(ALICE, 2500.0, limit=1.0), "LIMIT"),
        (outside(ALICE, 1.0, asset_out=2), "WRONG_VENUE"),
        (outside(ALICE, 1.0, asset_out=-1), "WRONG_VENUE"),
        (outside(ALICE, 1.0, rollup=-1), "WRONG_VENUE"),
    ],
)
def test_what_cannot_be_carried_out_leaves_no_trace(row: np.ndarray, fate: str) -> None:
    world = founded()
    before = world.state.cells.copy()
    assert fates(execute(world, row.copy())) == [fate]
    assert world.state.cells.tobytes() == before.tobytes()


def test_receipts_say_place_time_and_fate() -> None:
    world = founded()
    receipts = execute(world, pay(ALICE, 1.0), pay(ALICE, -1.0), pay(BOB, 2.0), time=7.5)
    assert receipts["position"].tolist() == [0, 1, 2]
    assert receipts["executed"].tolist() == [7.5] * 3
    assert receipts["status"].tolist() == [Status.FILLED, Status.REVERTED, Status.FILLED]
    assert receipts["filled_in"].tolist() == [1.0, 0.0, 2.0]


# -- bundles -----------------------------------------------------------------------------------------------------------


def test_a_bundle_spans_rollups_and_executes_as_one() -> None:
    world = founded()
    [first, second] = execute(world, swap(ALICE, 1000.0, bundle=1), swap(ALICE, 0.3, buy=False, pool=1, bundle=1))
    assert fates([first, second]) == ["FILLED", "FILLED"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_failure_undoes_the_whole_bundle_bit_for_bit(place: int) -> None:
    world = founded()
    execute(world, swap(BOB, 777.0))  # so that there is something to spoil
    before = world.state.cells.copy()
    rows = [
        swap(ALICE, 1000.0, bundle=1, tip=3.0),
        swap(ALICE, 0.3, buy=False, pool=1, bundle=1),
        pay(ALICE, 5.0, bundle=1),
    ]
    rows[place]["amount"] = -1.0
    receipts = execute(world, *rows)
    expected = ["BUNDLE"] * 3
    expected[place] = "BAD_AMOUNT"
    assert fates(receipts) == expected
    assert not receipts["filled_in"].any()
    assert not receipts["filled_out"].any()
    assert world.state.cells.tobytes() == before.tobytes()


def test_a_later_leg_may_spend_what_an_earlier_one_earned() -> None:
    world = founded()
    world.tables.balance[ALICE, 0] = 100.0, 0.0
    out = float(output(2.5e6, 1000.0, 0.003, 50.0))
    receipts = execute(world, swap(ALICE, 50.0, bundle=1), swap(ALICE, out * 0.999, buy=False, bundle=1))
    assert fates(receipts) == ["FILLED", "FILLED"]


def test_neighbouring_bundles_are_apart() -> None:
    world = founded()
    receipts = execute(
        world, pay(ALICE, 1.0, bundle=1), pay(ALICE, -1.0, bundle=1), pay(ALICE, 2.0, bundle=2), pay(BOB, 3.0)
    )
    assert fates(receipts) == ["BUNDLE", "BAD_AMOUNT", "FILLED", "FILLED"]


def test_a_failed_bundle_leaves_those_it_carried_to_execute_alone() -> None:
    """Nobody can revert another's intent: the user's swap stands as if the sandwich had never been there."""
    alone, wrapped = founded(), founded()
    [expected] = execute(alone, swap(BOB, 5000.0, tip=0.5))
    receipts = execute(
        wrapped,
        swap(ALICE, 9000.0, bundle=1),
        swap(BOB, 5000.0, tip=0.5, bundle=1, carried=1),
        swap(ALICE, 400.0, buy=False, limit=1e9, bundle=1),
    )
    assert fates(receipts) == ["BUNDLE", "FILLED", "LIMIT"]
    assert receipts[1]["filled_out"] == expected["filled_out"]
    assert receipts[1]["fallback_out"] == 0.0
    assert wrapped.state.cells.tobytes() == alone.state.cells.tobytes()


def test_a_carried_intent_that_fails_alone_fails_for_its_own_reason() -> None:
    world = founded()
    before = world.state.cells.copy()
    receipts = execute(world, swap(ALICE, 9000.0, bundle=1), swap(BOB, 5000.0, limit=1e6, bundle=1, carried=1))
    assert fates(receipts) == ["BUNDLE", "LIMIT"]
    assert world.state.cells.tobytes() == before.tobytes()


def test_the_loss_of_a_carried_swap_is_measured_at_the_state_that_the_bundle_found() -> None:
    world = founded()
    fallback = float(output(2.5e6, 1000.0, 0.003, 5000.0))
    receipts = execute(
        world,
        swap(ALICE, 50_000.0, bundle=1),
        swap(BOB, 5000.0, bundle=1, carried=1),
        swap(ALICE, 19.0, buy=False, bundle=1),
    )
    assert fates(receipts) == ["FILLED"] * 3
    assert receipts[1]["fallback_out"] == fallback
    assert receipts[1]["filled_out"] < fallback * 0.97


def test_a_bundle_that_is_too_long_to_undo_is_refused_and_undone() -> None:
    world = founded()
    state = world.state._replace(journal=np.zeros(1 + 2 * 40))
    before = state.cells.copy()
    rows = np.concatenate([pay(ALICE, 1.0, bundle=1) for _ in range(30)] + [pay(BOB, 1.0, payee=ALICE)])
    execute_block(state, rows, 0.0, OPERATOR, OPERATOR)
    assert "TOO_LONG" in fates(rows[:-1])
    assert set(fates(rows[:-1])) == {"TOO_LONG", "BUNDLE"}
    assert fates(rows[-1:]) == ["FILLED"]
    execute_block(state, pay(ALICE, 1.0), 0.0, OPERATOR, OPERATOR)
    differs = np.flatnonzero(state.cells != before)
    assert (differs >= state.layout[FLOWS_AT]).all(), "balances are not what they were"


legs = st.lists(
    st.tuples(
        st.sampled_from([ALICE, BOB]), st.booleans(), st.integers(0, 1), st.floats(1e-9, 2e6), st.booleans(),
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


@given(legs)
def test_a_bundle_is_its_legs_one_by_one_or_nothing(drawn: list[tuple[int, bool, int, float, bool]]) -> None:
    rows = [
        swap(who, amount if buy else amount / 2500.0, buy=buy, pool=pool, limit=1e5 if strict else 0.0)
        for who, buy, pool, amount, strict in drawn
    ]
    singly, bundled = founded(), founded()
    before = bundled.state.cells.copy()
    one_by_one = execute(singly, *(row.copy() for row in rows))
    for row in rows:
        row["bundle"] = 5
    together = execute(bundled, *rows)
    if (one_by_one["status"] == Status.FILLED).all():
        assert together["filled_out"].tolist() == one_by_one["filled_out"].tolist()
        assert bundled.state.cells.tobytes() == singly.state.cells.tobytes()
    else:
        assert not (together["status"] == Status.FILLED).any()
        assert bundled.state.cells.tobytes() == before.tobytes()
