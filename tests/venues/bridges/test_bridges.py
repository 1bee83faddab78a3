"""Bridges: what leaves one rollup arrives on the other, less a fee, later, and never more than is there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import ALICE, BOB, CAPITAL_USD, ETH, USD, check_ledger, config, execute, fates, founded, intent, opened

from market.config import AgentConfig, FlowConfig
from market.genesis import World
from market.state.ledger import totals
from market.venues import Kind
from market.venues.bridges import rules as bridges

HELD = 1e5


def send(amount: float, *, sender: int = ALICE, source: int = 0, asset: int = USD, **fields: Any) -> np.ndarray:
    return intent(Kind.BRIDGE, sender, **{"venue": 0, "rollup": source, "asset_in": asset, "amount": amount} | fields)


def promised(world: World, direction: int, asset: int = USD) -> float:
    return float(world.tables.bridges["promised"][0, direction, asset])


def bridge_holds(world: World, rollup: int, asset: int = USD) -> float:
    return float(world.tables.balance[int(world.tables.bridges["account"][0]), rollup, asset])


def _with(amount: float, fields: dict[str, Any]) -> dict[str, Any]:
    return {"amount": amount} | fields


def test_funds_leave_at_once_and_are_promised_less_the_fee() -> None:
    world = founded()
    [row] = execute(world, send(1000.0))
    assert (row["filled_in"], row["filled_out"]) == (1000.0, 999.0)
    assert world.tables.balance[ALICE, :, USD].tolist() == [CAPITAL_USD - 1000.0, CAPITAL_USD]
    assert bridge_holds(world, 0) == pytest.approx(HELD + 1000.0)
    assert bridge_holds(world, 1) == HELD
    assert (promised(world, 0), promised(world, 1)) == (999.0, 0.0)


def test_a_delivery_keeps_the_promise() -> None:
    world = founded()
    execute(world, send(1000.0))
    assert bridges.deliver(world.state, 0, 0, USD, ALICE, 999.0)
    assert world.tables.balance[ALICE, 1, USD] == CAPITAL_USD + 999.0
    assert bridge_holds(world, 1) == HELD - 999.0
    assert promised(world, 0) == 0.0


def test_a_bridge_promises_no_more_than_it_holds_and_has_not_promised() -> None:
    world = founded()
    whole = HELD / 0.999
    receipts = execute(world, send(whole * 0.7), send(whole * 0.4), send(whole * 0.299), send(whole * 0.01))
    assert fates(receipts) == ["FILLED", "BRIDGE_EXHAUSTED", "FILLED", "BRIDGE_EXHAUSTED"]
    # the other direction and the other asset have funds of their own
    assert fates(execute(world, send(100.0, source=1), send(1.0, asset=ETH))) == ["FILLED", "FILLED"]


def test_what_came_in_at_one_end_can_be_paid_out_there() -> None:
    world = founded()
    execute(world, send(90_000.0))
    assert fates(execute(world, send(150_000.0, sender=BOB, source=1))) == ["FILLED"]
    assert promised(world, 1) == pytest.approx(149_850.0)


@pytest.mark.parametrize(
    ("fields", "fate"),
    [
        ({"amount": 0.0}, "BAD_AMOUNT"),
        ({"amount": -1.0}, "BAD_AMOUNT"),
        ({"amount": np.nan}, "BAD_AMOUNT"),
        ({"amount": np.inf}, "BAD_AMOUNT"),
        ({"venue": 1}, "WRONG_VENUE"),
        ({"venue": -1}, "WRONG_VENUE"),
        ({"asset_in": 2}, "WRONG_VENUE"),
        ({"asset_in": -1}, "WRONG_VENUE"),
        ({"rollup": 2}, "WRONG_VENUE"),
        ({"amount": 2e5}, "BRIDGE_EXHAUSTED"),
    ],
)
def test_what_no_bridge_can_carry_out(fields: dict[str, Any], fate: str) -> None:
    world = founded()
    before = world.state.cells.copy()
    assert fates(execute(world, send(**_with(10.0, fields)))) == [fate]
    assert world.state.cells.tobytes() == before.tobytes()


def test_nobody_sends_more_than_one_has() -> None:
    world = founded()
    world.tables.balance[ALICE, 0, USD] = 50.0
    assert fates(execute(world, send(50.01), send(49.99))) == ["INSUFFICIENT_BALANCE", "FILLED"]
    assert world.tables.balance[ALICE, 0, USD] == pytest.approx(0.01)


def test_all_one_has_can_be_sent() -> None:
    for held in np.linspace(1.0, 9e4, 101):
        world = founded()
        world.tables.balance[ALICE, 0, USD] = held
        assert fates(execute(world, send(held))) == ["FILLED"]


@given(st.lists(st.tuples(st.integers(0, 1), st.floats(1e-6, 6e4), st.booleans()), max_size=25))
def test_every_promise_can_be_kept_whatever_the_order(steps: list[tuple[int, float, bool]]) -> None:
    world = founded()
    opening, waiting = totals(world.tables), []
    for source, amount, deliver_one in steps:
        [row] = execute(world, send(amount, source=source))
        if fates([row]) == ["FILLED"]:
            waiting.append((source, float(row["filled_out"])))
        if deliver_one and waiting:
            direction, due = waiting.pop(0)
            assert bridges.deliver(world.state, 0, direction, USD, ALICE, due)
        check_ledger(world.tables, opening)
    for direction, due in waiting:
        assert bridges.deliver(world.state, 0, direction, USD, ALICE, due)
    check_ledger(world.tables, opening)
    assert promised(world, 0) == pytest.approx(0.0, abs=1e-6)


def test_in_a_market_funds_arrive_after_the_delay() -> None:
    """Delay 100 s: sent in the first block, not there before, there after."""
    quiet = FlowConfig(per_second=0.0)
    idle = AgentConfig(role="trader", strategy="arbitrageur", parameters={"outside": False, "cycles": False})
    market = opened(config(flow=quiet, agents=(idle,), horizon_s=110.0))
    sender = len(market.members) - 1
    before = market.world.tables.balance[sender, :, USD].copy()
    row = send(1000.0, sender=sender)
    row["sent"] = row["arrival"] = 0.0
    market.mempool.submit(row)
    market.run_until(99.0)
    assert (market.world.tables.balance[sender, :, USD] - before).tolist() == [-1000.0, 0.0]
    market.run()
    assert (market.world.tables.balance[sender, :, USD] - before).tolist() == [-1000.0, 999.0]
