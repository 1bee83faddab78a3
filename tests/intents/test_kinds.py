"""The contract of every kind of intent: what it states of itself, and that all who read it get on with one.

A kind needs an example in `kinds_examples`; the rest of its tests it gets unasked.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from kinds_examples import AUTHOR, EXAMPLES, GAS_USD, carried_out, world
from taped import Block, write_tape
from worlds import ALICE, USD, check_ledger, fates, intent

from market.access.desk import Desk
from market.genesis import World
from market.intents.kinds import Defence, Statement
from market.sequencing.breakers._exempt import passes
from market.sequencing.capacity.gas import admit, asked_fees, capping_values
from market.sequencing.margin.checked import check
from market.sequencing.revenue.base import brought
from market.state.ledger import totals
from market.venues import KINDS, STATEMENTS, VENUES, Kind
from market.venues.dispatch import EXCHANGES, GAS, LIQUIDATES, SELLS, brings, gives, stating

every_kind = pytest.mark.parametrize(("venue", "statement"), KINDS, ids=[statement.name for _, statement in KINDS])
COMMON = {
    "gives": ("nothing", "input"),
    "brings": ("nothing", "output"),
    "capped": ("nothing", "input"),
    "traded": ("nothing", "input"),
}
"""What a kind may state in place of a function of its venue."""


def ready(statement: Statement) -> tuple[World, np.ndarray, float]:
    """A world, an intent of a kind that can be carried out on it, and when."""
    assert statement.name in EXAMPLES, f"{statement.name} has no example in tests/kinds_examples.py"
    founded = world()
    row, time = EXAMPLES[statement.name](founded)
    assert Kind(int(row["kind"][0])).name.lower() == statement.name
    return founded, row, time


def held(founded: World, account: int, rollup: int) -> np.ndarray:
    return founded.tables.balance[account, rollup].copy()


# -- what it states ----------------------------------------------------------------------------------------------------


def test_names_are_unique_and_tell_kinds_apart() -> None:
    names = [statement.name for statement in STATEMENTS]
    assert len(set(names)) == len(names) == len(Kind)
    assert [Kind[name.upper()] for name in names] == list(range(len(names)))


def test_examples_are_of_kinds_that_exist() -> None:
    assert EXAMPLES.keys() <= {statement.name for statement in STATEMENTS}


@every_kind
def test_it_states_all_of_itself(venue: str, statement: Statement) -> None:
    assert venue in VENUES
    assert statement.name == statement.name.lower()
    assert statement.name.isidentifier()
    assert any(word in statement.meaning for word in ("venue:", "target:", "amount"))
    assert "amount" in statement.meaning, "an intent has an amount: say of what, or that any will do"
    assert 0.0 < statement.gas < np.inf
    assert not statement.submit or callable(getattr(Desk, statement.submit, None))
    assert statement.defends in get_args(Defence)
    # what sells takes part in a liquidation, and what liquidates passes every pause: it need not defend
    assert statement.liquidates or not statement.sells
    assert not (statement.liquidates and statement.defends)
    # what only takes back takes part in nothing else
    assert not statement.withdraws or (statement.gives == "nothing" and not statement.liquidates)


@every_kind
@pytest.mark.parametrize("what", ["rule", "gives", "brings", "capped", "traded"])
def test_its_functions_are_compiled_ones_of_its_venue(venue: str, statement: Statement, what: str) -> None:
    where = getattr(statement, what)
    if where in COMMON.get(what, ()):
        return
    module, _, name = where.partition(".")
    function: Callable[..., Any] = getattr(importlib.import_module(f"market.venues.{venue}.{module}"), name)
    assert hasattr(function, "py_func"), f"{where} is not compiled"


# -- how it is carried out ---------------------------------------------------------------------------------------------


@every_kind
def test_it_is_carried_out_and_the_ledger_is_kept(venue: str, statement: Statement) -> None:
    founded, row, time = ready(statement)
    opening = totals(founded.tables)
    assert fates(carried_out(founded, row, time)) == ["FILLED"]
    check_ledger(founded.tables, opening)


@every_kind
def test_a_bundle_that_fails_behind_it_undoes_every_bit_of_it(venue: str, statement: Statement) -> None:
    founded, row, time = ready(statement)
    before = founded.state.cells.tobytes()
    bundle = np.concatenate([row, intent(Kind.PAYMENT, ALICE, target=AUTHOR, amount=1e18, asset_in=USD)])
    bundle["bundle"] = 1
    assert fates(carried_out(founded, bundle, time)) == ["BUNDLE", "INSUFFICIENT_BALANCE"]
    assert founded.state.cells.tobytes() == before


@every_kind
def test_its_sender_pays_gas_if_it_is_charged_and_loses_what_it_gives(venue: str, statement: Statement) -> None:
    founded, row, time = ready(statement)
    sender, rollup = int(row["sender"][0]), int(row["rollup"][0])
    asset, amount = gives(founded.state, row[0])
    mine, authors = held(founded, sender, rollup), held(founded, AUTHOR, rollup)
    assert fates(carried_out(founded, row, time)) == ["FILLED"]
    fee = GAS_USD if statement.charged else 0.0
    assert held(founded, AUTHOR, rollup)[USD] - authors[USD] == pytest.approx(fee, abs=1e-9)
    lost = (mine - held(founded, sender, rollup))[asset] - (fee if asset == USD else 0.0)
    assert amount >= 0.0
    if amount > 0.0:
        assert amount <= lost + 1e-9 * mine[asset]


@every_kind
def test_what_says_that_it_moves_nothing_moves_nothing_but_gas(venue: str, statement: Statement) -> None:
    founded, row, time = ready(statement)
    founded.tables.rollups["gas"] = 0.0
    before = founded.tables.balance.copy()
    assert fates(carried_out(founded, row, time)) == ["FILLED"]
    assert statement.moves or np.array_equal(founded.tables.balance, before)


@every_kind
def test_what_it_brings_its_sender_has(venue: str, statement: Statement) -> None:
    founded, row, time = ready(statement)
    rollup = brings(founded.state, row[0])
    assert (rollup >= 0) == (statement.brings != "nothing")
    if rollup < 0:
        return
    before = held(founded, int(row["sender"][0]), rollup)
    [done] = carried_out(founded, row, time)
    gain = held(founded, int(row["sender"][0]), rollup) - before
    assert gain[int(row["asset_out"][0])] == pytest.approx(done["filled_out"], rel=1e-6)
    assert done["filled_out"] > 0.0


@every_kind
@pytest.mark.parametrize("field", ["venue", "target", "rollup"])
@pytest.mark.parametrize("number", [-(2**40), -1, 10_000, 2**40])
def test_a_number_that_names_nothing_is_refused_or_not_read(
    venue: str, statement: Statement, field: str, number: int
) -> None:
    founded, row, time = ready(statement)
    before = founded.state.cells.tobytes()
    row[field] = number
    for told in (gives(founded.state, row[0])[1], brings(founded.state, row[0])):
        assert np.isfinite(told)
    if fates(carried_out(founded, row, time)) != ["FILLED"]:
        assert founded.state.cells.tobytes() == before
    else:
        assert field != "rollup"


# -- who else reads what it states -------------------------------------------------------------------------------------


@every_kind
def test_a_check_of_balances_lets_it_through_if_its_sender_can_pay(venue: str, statement: Statement) -> None:
    founded, row, _ = ready(statement)
    sender = int(row["sender"][0])
    assert check(founded.state, row).tolist() == [0]
    gives_something = gives(founded.state, row[0])[1] > 0.0
    founded.tables.balance[sender] = 0.0
    may_owe = founded.tables.accounts["open"][sender] == 1.0
    pays = statement.charged and not may_owe
    assert check(founded.state, row).tolist() == [int(pays)]
    founded.tables.rollups["gas"] = 0.0
    assert check(founded.state, row).tolist() == [int(pays and gives_something)]


@every_kind
def test_a_block_has_room_for_its_gas_or_none(venue: str, statement: Statement) -> None:
    founded, row, _ = ready(statement)
    rollup, values, fees = int(row["rollup"][0]), capping_values(founded.state, row), asked_fees(founded.state, row)
    assert (values[0] >= 0.0) == (statement.capped != "nothing")
    assert fees.tolist() == [GAS_USD if statement.charged else 0.0]
    for limit, fits in ((statement.gas, True), (0.999 * statement.gas, False)):
        used, kept = np.zeros(2), np.zeros(1, np.bool_)
        admit(row, values, GAS, fees, limit, 1.0, used, kept)
        assert kept.tolist() == [fits]
        assert used[rollup] == (statement.gas if fits else 0.0)
    # a sender whose intent moves less than its fee waits
    used, kept = np.zeros(2), np.zeros(1, np.bool_)
    admit(row, values, GAS, 1e9 * fees, np.inf, 1.0, used, kept)
    assert kept.tolist() == [values[0] < 0.0 or not statement.charged]


@every_kind
def test_a_pause_lets_through_liquidations_and_what_defends(venue: str, statement: Statement) -> None:
    founded, row, _ = ready(statement)
    market: Any = SimpleNamespace(world=founded)
    assert passes(market, row, ()) == statement.liquidates
    exempt = [defence for defence in get_args(Defence) if defence]
    assert passes(market, row, exempt) == (statement.liquidates or bool(statement.defends))
    if statement.defends:
        assert passes(market, row, (statement.defends,))


@every_kind
def test_revenue_counts_its_fees_and_what_it_trades(venue: str, statement: Statement) -> None:
    founded, row, time = ready(statement)
    done = carried_out(founded, row, time)
    fees, paid, offered, value = np.zeros(2), np.zeros(1), np.zeros(1), np.zeros(1)
    brought(founded.state, done, AUTHOR, AUTHOR, fees, paid, offered, value)
    assert paid[0] == fees[int(row["rollup"][0])] == (GAS_USD if statement.charged else 0.0)
    assert (value[0] > 0.0) == (statement.traded != "nothing")


@every_kind
def test_the_tape_names_it(venue: str, statement: Statement, tmp_path: Path) -> None:
    founded, row, time = ready(statement)
    path = tmp_path / "tape.parquet"
    write_tape(path, founded, [Block(carried_out(founded, row, time), 3, AUTHOR, AUTHOR)])
    [noted] = pd.read_parquet(path).to_dict("records")
    where = "ab"[int(row["rollup"][0])]
    assert (noted["kind"], noted["status"], noted["rollup"], noted["slot"]) == (statement.name, "filled", where, 3)


def test_a_kind_that_does_not_exist_counts_as_nothing() -> None:
    founded, kinds = world(), np.array([-1, len(Kind), 2**40, -(2**40)])
    for flags in (LIQUIDATES, SELLS, EXCHANGES):
        assert not stating(flags, kinds).any()
    for kind in kinds:
        row = intent(kind, ALICE, amount=1.0)
        assert gives(founded.state, row[0])[1] == 0.0
        assert brings(founded.state, row[0]) == -1
        assert fates(carried_out(founded, row)) == ["WRONG_VENUE"]
