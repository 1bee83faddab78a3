"""Close-outs that margin does not cover: who pays, in which order, and how much of whom is closed by which rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import USD, check_ledger, execute, fates, founded, intent, rollup

from market.config import PerpetualConfig
from market.errors import InputError
from market.genesis import World
from market.state.ledger import Why, totals
from market.venues import Kind
from market.venues.liquidation import deleveraging
from market.venues.perpetuals.rules import STEP, margin_of

PRICE, MAKER_ROW, FIRST = 2500.0, 0, 1
SHORTS = st.lists(st.tuples(st.integers(1, 2**22), st.floats(0.8, 1.3), st.floats(500.0, 1e5)), min_size=1, max_size=8)
"""Size in steps, entry over the opening price, and margin [USD] of each."""
RULES = ({"kind": "queue"}, {"kind": "pro_rata"}, {"kind": "capped"}, {"kind": "capped", "most": 0.1})


def house(traders: int, rule: dict[str, Any], fund: float = 0.0, stake: float = 0.0) -> World:
    """Traders and a maker on one perpetual without fees or impact."""
    terms = PerpetualConfig(
        traders=traders, margin_median_usd=1000.0, margin_log_sd=0.0, leverage_low=5.0, leverage_high=5.0,
        max_leverage=10.0, maintenance=0.02, long_share=0.0, cross_share=0.0, fee_bp=0.0, spread_bp=0.0,
        depth_usd=1e30, reward_bp=0.0, fund_usd=fund, deleveraging=rule,
    )  # fmt: skip
    return founded(rollup("a", perpetuals=(terms,), security_usd=stake), rollup("b"))


def bankrupt(shorts: list[tuple[int, float, float]], rule: dict[str, Any], **funds: float) -> World:
    """A long as large as half of all shorts, and ten percent under water; the maker is long the rest."""
    world = house(len(shorts) + 1, rule, **funds)
    table = world.tables.contracts
    sizes, entries, margins = (np.array(column, float) for column in zip(*shorts, strict=True))
    sizes *= -STEP
    size = np.trunc(-sizes.sum() / 2.0 / STEP + 1.0) * STEP
    table["quantity"] = [-sizes.sum() - size, size, *sizes]
    table["entry"] = [PRICE, PRICE, *(entries * PRICE)]
    held = world.tables.balance[int(world.tables.perpetuals["account"][0]), 0, USD]
    table["cash"][1:] = [-0.95 * size * PRICE, *(margins - sizes * entries * PRICE)]
    table["cash"][MAKER_ROW] = held - table["cash"][1:].sum()
    row = intent(Kind.ORACLE_UPDATE, world.account_of["oracle"], venue=0, rollup=0, amount=0.85 * PRICE)
    assert fates(execute(world, row)) == ["FILLED"]
    return world


def liquidate(world: World) -> str:
    opening = totals(world.tables)
    sent = intent(Kind.PERPETUAL_LIQUIDATE, 0, amount=1.0, venue=0, target=FIRST, rollup=0)
    found = fates(execute(world, sent))[0]
    check_ledger(world.tables, opening)
    table, vault = world.tables.contracts, int(world.tables.perpetuals["account"][0])
    assert table["quantity"].sum() == 0.0
    assert table["cash"].sum() == pytest.approx(world.tables.balance[vault, 0, USD], rel=1e-9)
    return found


def equities(world: World) -> np.ndarray:
    return np.array([margin_of(world.state, at)[0] for at in range(len(world.tables.contracts))])


@settings(max_examples=40, deadline=None)
@given(SHORTS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: "-".join(map(str, rule.values())))
def test_haircuts_sum_to_what_is_missing_whoever_bears_them(rule: dict, shorts: list) -> None:
    world = bankrupt(shorts, rule)
    before, table = equities(world), world.tables.contracts
    sizes, entries = np.abs(table["quantity"].copy()), table["entry"].copy()
    assert liquidate(world) == "FILLED"
    haircuts, taken = (before - equities(world))[2:], sizes[2:] - np.abs(table["quantity"][2:])
    assert table["quantity"][FIRST] == 0.0
    assert taken.sum() == sizes[FIRST]
    assert haircuts.sum() == pytest.approx(-before[FIRST], rel=1e-9)
    # one price for all: what each loses is in proportion to what of it is closed
    assert haircuts == pytest.approx(-before[FIRST] * taken / sizes[FIRST], rel=1e-6, abs=1e-6)
    if rule["kind"] == "pro_rata":
        part = sizes[FIRST] / sizes[2:].sum()
        assert np.abs(taken - part * sizes[2:]).max() <= len(shorts) * STEP
    if rule["kind"] == "queue":
        touched = taken > 0.0
        assert (touched & (taken < sizes[2:])).sum() <= 1
        assert sizes[2:][touched].sum() - sizes[FIRST] < sizes[2:][touched].max()
    if rule["kind"] == "capped":
        won = np.maximum(sizes[2:] * (entries[2:] - 0.85 * PRICE), 0.0) * rule.get("most", 1.0)
        gap = -before[FIRST] / sizes[FIRST]
        if np.minimum(won / gap, sizes[2:]).sum() > sizes[FIRST] + len(shorts) * STEP:
            assert (haircuts <= won * (1.0 + 1e-9) + 1e-6).all()


def test_the_maker_is_closed_against_a_short() -> None:
    """Whoever stands on the other side is part of it, the market's maker too."""
    world = house(1, {"kind": "pro_rata"})
    table = world.tables.contracts
    table["cash"][MAKER_ROW] += table["cash"][FIRST] - 2500.0
    table["cash"][FIRST] = 2500.0
    before = equities(world)
    assert before[FIRST] < 0.0
    assert liquidate(world) == "FILLED"
    assert table["quantity"].tolist() == [0.0, 0.0]
    assert equities(world) == pytest.approx([before.sum(), 0.0], rel=1e-12)


SMALL = [(2**21, 1.0, 5000.0), (2**21, 1.1, 900.0), (2**20, 0.9, 3000.0)]


@pytest.mark.parametrize(("fund", "stake"), [(0.0, 1e6), (100.0, 50.0), (100.0, 1e6), (1e6, 1e6), (20.0, 0.0)])
def test_the_fund_pays_first_then_the_security_module_then_the_others(fund: float, stake: float) -> None:
    world = bankrupt(SMALL, {"kind": "queue"}, fund=fund, stake=stake)
    missing, before = -equities(world)[FIRST], equities(world)
    assert liquidate(world) == "FILLED"
    tables = world.tables
    flows = tables.flows.sum(axis=(0, 1))[:, USD]
    from_fund, from_stake = min(fund, missing), min(stake, max(missing - fund, 0.0))
    assert flows[Why.INSURANCE] == pytest.approx(from_fund, rel=1e-12)
    assert flows[Why.SECURITY] == pytest.approx(from_stake, rel=1e-12)
    if stake > 0.0:
        assert tables.security["paid"].tolist() == [pytest.approx(from_stake, rel=1e-12), 0.0]
        held = tables.balance[int(tables.security["account"][0]), 0, USD]
        assert held == pytest.approx(stake - from_stake, abs=1e-9)
    rest = missing - from_fund - from_stake
    assert (tables.perpetuals["deleveraged"].sum() > 0.0) == (rest > 1e-9)
    assert (before - equities(world))[2:].sum() == pytest.approx(rest, rel=1e-9, abs=1e-9)


def test_without_a_stake_there_is_no_security_module() -> None:
    world = house(1, {"kind": "queue"})
    assert len(world.tables.security) == 0
    assert "security modules" not in world.groups


def test_a_lot_that_leaves_a_deficit_is_covered_by_the_stake() -> None:
    """Dutch auction, nobody takes: reset at once, for what the lot lacks is more than fund and stake; both are used."""
    terms: dict[str, Any] = {"kind": "dutch", "penalty": 0.0}
    world = house(3, {"kind": "pro_rata"}, fund=10.0, stake=15.0)
    config = PerpetualConfig(
        traders=3, margin_median_usd=1000.0, margin_log_sd=0.0, leverage_low=5.0, leverage_high=5.0, max_leverage=10.0,
        maintenance=0.02, long_share=1.0, cross_share=0.0, fee_bp=0.0, spread_bp=0.0, depth_usd=1e30, reward_bp=0.0,
        fund_usd=10.0, liquidation=terms, deleveraging={"kind": "pro_rata"},
    )  # fmt: skip
    world = founded(rollup("a", perpetuals=(config,), security_usd=15.0), rollup("b"))
    row = intent(Kind.ORACLE_UPDATE, world.account_of["oracle"], venue=0, rollup=0, amount=1980.0)
    start = intent(Kind.CONTRACT_AUCTION_START, 0, amount=1.0, venue=0, target=FIRST, rollup=0)
    reset = intent(Kind.CONTRACT_AUCTION_RESET, 0, amount=1.0, venue=0, target=0, rollup=0)
    opening = totals(world.tables)
    assert fates(execute(world, row, start)) == ["FILLED", "FILLED"]
    assert fates(execute(world, reset, time=9000.0)) == ["FILLED"]
    check_ledger(world.tables, opening)
    # 2 contracts at a loss of 520 USD each on a margin of 1000
    flows = world.tables.flows.sum(axis=(0, 1))[:, USD]
    assert (flows[Why.INSURANCE], flows[Why.SECURITY]) == pytest.approx((10.0, 15.0), rel=1e-12)
    assert world.tables.perpetuals["deleveraged"][0] > 0.0


def test_a_rule_is_named_or_refused() -> None:
    assert PerpetualConfig(deleveraging="capped").deleveraging == {"kind": "capped"}  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"rollups\.a\.perpetuals\.deleveraging\.kind.*capped, pro_rata, queue"):
        house(1, {"kind": "lottery"})
    row = house(1, {"kind": "capped", "most": 0.25}).tables.perpetuals[0]
    assert (row["deleveraging"], row["haircut"]) == (deleveraging.KINDS.index("capped"), 0.25)
