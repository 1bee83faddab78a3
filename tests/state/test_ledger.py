"""Double entry: what a movement does, what it refuses, and that undoing leaves no trace."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import ALICE, BOB, CAPITAL_USD, ETH, ETH_USD, USD, config, founded

from market.state.journal import full, open_journal, put, undo
from market.state.ledger import Why, move, totals, transfer, who_paid_whom
from market.state.store import Sizes, allocate


def test_a_movement_takes_from_one_what_it_gives_to_another() -> None:
    world = founded()
    held = world.tables.balance
    assert move(world.state, ALICE, BOB, 0, ETH, 3.0, Why.PAYMENT)
    assert held[ALICE, 0, ETH] == CAPITAL_USD / ETH_USD - 3.0
    assert held[BOB, 0, ETH] == CAPITAL_USD / ETH_USD + 3.0
    # neither the other rollup nor the other asset is touched
    assert held[ALICE, 1, ETH] == held[BOB, 1, ETH] == CAPITAL_USD / ETH_USD
    assert held[ALICE, 0, USD] == held[BOB, 0, USD] == CAPITAL_USD


def test_the_table_of_flows_says_who_paid_whom_for_what() -> None:
    world = founded()
    before = who_paid_whom(world.tables, world.groups, ("USD", "ETH"))
    move(world.state, ALICE, BOB, 0, ETH, 3.0, Why.PAYMENT)
    move(world.state, ALICE, BOB, 1, ETH, 2.0, Why.PAYMENT)
    move(world.state, BOB, ALICE, 0, USD, 7.0, Why.TIP)
    new = [entry for entry in who_paid_whom(world.tables, world.groups, ("USD", "ETH")) if entry not in before]
    assert new == [
        {"payer": "trader 0", "payee": "trader 1", "reason": "payment", "asset": "ETH", "amount": 5.0},
        {"payer": "trader 1", "payee": "trader 0", "reason": "tip", "asset": "USD", "amount": 7.0},
    ]


def test_endowments_account_for_everything_that_exists() -> None:
    world = founded()
    endowed = world.tables.flows[:, :, Why.ENDOWMENT].sum(axis=(0, 1))
    np.testing.assert_allclose(endowed, totals(world.tables), rtol=1e-14)


@pytest.mark.parametrize("amount", [-1.0, -1e-300, np.nan, np.inf, -np.inf, CAPITAL_USD * (1 + 1e-15)])
def test_what_is_negative_not_finite_or_not_there_does_not_move(amount: float) -> None:
    world = founded()
    before = world.state.cells.copy()
    assert not move(world.state, ALICE, BOB, 0, USD, amount, Why.PAYMENT)
    assert (world.state.cells == before).all()


def test_all_one_has_can_move_and_nothing_can_move() -> None:
    world = founded()
    before = world.state.cells.copy()
    assert move(world.state, ALICE, BOB, 0, USD, 0.0, Why.PAYMENT)
    assert (world.state.cells == before).all()
    assert move(world.state, ALICE, BOB, 0, USD, CAPITAL_USD, Why.PAYMENT)
    assert world.tables.balance[ALICE, 0, USD] == 0.0


def test_only_an_open_account_may_owe() -> None:
    world = founded()
    outside = world.account_of["outside"]
    assert world.tables.balance[outside, 0, USD] == 0.0
    assert move(world.state, outside, ALICE, 0, USD, 5.0, Why.OUTSIDE)
    assert world.tables.balance[outside, 0, USD] == -5.0
    opened = {name for name, account in world.account_of.items() if world.tables.accounts["open"][account]}
    assert opened == {"outside", "retail"}


def test_a_movement_to_oneself_changes_no_balance() -> None:
    world = founded()
    assert move(world.state, ALICE, ALICE, 0, USD, 5.0, Why.PAYMENT)
    assert world.tables.balance[ALICE, 0, USD] == CAPITAL_USD


moves = st.lists(
    st.tuples(
        st.integers(0, 4), st.integers(0, 4), st.integers(0, 1), st.integers(0, 1),
        st.floats(min_value=0.0, max_value=2e6, allow_subnormal=True),
    ),
    max_size=30,
)  # fmt: skip


@given(moves)
def test_undo_restores_every_bit_and_the_sum_stays(entries: list[tuple[int, int, int, int, float]]) -> None:
    world = founded()
    before, opening = world.state.cells.copy(), totals(world.tables)
    open_journal(world.state)
    for payer, payee, rollup, asset, amount in entries:
        move(world.state, payer, payee, rollup, asset, amount, Why.PAYMENT)
    np.testing.assert_allclose(totals(world.tables), opening, rtol=1e-12)
    undo(world.state)
    assert world.state.cells.tobytes() == before.tobytes()


def test_a_stretch_longer_than_the_journal_is_known_and_undone() -> None:
    state, _ = allocate(Sizes(accounts=1, rollups=1, assets=2, groups=1, reasons=1), {}, journal=4)
    before = state.cells.copy()
    open_journal(state)
    for write in range(4):
        put(state, write, 1.0 + write)
    assert not full(state)
    put(state, 0, 9.0)
    assert full(state)
    # a write that could not be undone is not made
    assert state.cells[0] == 1.0
    undo(state)
    assert (state.cells == before).all()


def test_settling_outside_of_a_block_does_not_reach_into_another_stretch() -> None:
    world = founded()
    open_journal(world.state)
    move(world.state, ALICE, BOB, 0, USD, 10.0, Why.PAYMENT)
    assert transfer(world.state, ALICE, BOB, 0, USD, 5.0, Why.BID)
    undo(world.state)
    assert world.tables.balance[BOB, 0, USD] == CAPITAL_USD + 10.0


def test_totals_count_every_account_and_rollup() -> None:
    world = founded()
    capital = 5 * 2 * CAPITAL_USD
    pools, bridge = 2 * 2.5e6, 2 * 1e5
    assert config().graph.capacity_usd == 1e5
    assert totals(world.tables)[USD] == pytest.approx(capital + pools + bridge, rel=1e-14)
    assert totals(world.tables)[ETH] * ETH_USD == pytest.approx(capital + pools + bridge, rel=1e-14)
