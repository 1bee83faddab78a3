"""Revenue rules: what is passed on adds up, reaches whom it should, and leaves nobody worse off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from worlds import cast, config, opened, ran, reported, rollup, stressed

from market.config import FlowConfig, PerpetualConfig, PerpetualTradersConfig, RegimeConfig
from market.domain import Slot
from market.errors import InputError
from market.measures.outcomes import outcomes
from market.model import SequencerMarket
from market.sequencing import make
from market.sequencing.revenue._core import group_values, members, split
from market.state.ledger import Why

RULES: dict[str, dict[str, Any]] = {
    "keep": {},
    "pro_rata": {"share": 0.5},
    "stand_alone": {"share": 1.0},
    "rebate_users": {"share": 0.8},
    "smooth": {"window_slots": 4},
    "burn": {"share": 0.25},
}
AMOUNT = st.floats(0.0, 1e6, allow_subnormal=False)


def regime(revenue: Any, **changes: Any) -> RegimeConfig:
    """A shared domain whose block is sold to builders."""
    parts = {"domains": "shared", "visibility": "builders", "ordering": "builder", "auction": "first_price"}
    return RegimeConfig(name="test", revenue=revenue, **parts | changes)


class Purses:
    """What each slot of a market brought its leader, summed."""

    def __init__(self, market: SequencerMarket) -> None:
        self.total, self.fees = 0.0, np.zeros(len(market.config.rollups))
        rule = market.domains[0].regime.revenue
        execute = market.execute

        def noted(slot: Slot) -> None:
            execute(slot)
            purse = rule.purse(slot)
            self.total += purse.total
            self.fees += purse.fees

        market.execute = noted  # type: ignore[method-assign]
        market.run()


def revenue_flows(market: SequencerMarket) -> dict[tuple[str, str], float]:
    """USD that revenue rules moved, by payer and payee."""
    flows, groups = market.world.tables.flows[:, :, Why.REVENUE, 0], market.world.groups
    return {(groups[i], groups[j]): float(flows[i, j]) for i, j in np.argwhere(flows)}


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize("auction", ["none", "first_price"])
def test_ledger_balances_under_every_rule(kind: str, auction: str) -> None:
    ordering = "builder" if auction != "none" else "priority_fee"
    market = ran(stressed(regime({"kind": kind, **RULES[kind]}, auction=auction, ordering=ordering)))
    assert market.tally.conservation_error < 1e-9


@pytest.mark.parametrize(
    ("kind", "payee"),
    [("pro_rata", "treasuries"), ("stand_alone", "treasuries"), ("burn", "burnt"), ("smooth", "protocol")],
)
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_that_is_passed_on_is_the_one_that_was_set(kind: str, payee: str, share: float) -> None:
    market = opened(stressed(regime({"kind": kind, "share": share})))
    brought = Purses(market).total
    assert brought > 1.0
    assert revenue_flows(market).get(("sequencer 0", payee), 0.0) == pytest.approx(share * brought)


@pytest.mark.parametrize("reverted_gas", [0.0, 0.5])
def test_what_a_slot_brings_is_what_the_ledger_says_the_leader_received(reverted_gas: float) -> None:
    capacity = {"kind": "unlimited", "reverted_gas": reverted_gas, "l1_data": {}}
    market = opened(stressed(regime("keep", capacity=capacity)))
    brought = Purses(market).total
    leader = market.world.account_of["sequencer 0"]
    flows = market.world.tables.flows[:, leader, :, 0]
    received = sum(float(flows[:, why].sum()) for why in (Why.TIP, Why.GAS, Why.BID))
    assert brought == pytest.approx(received)


def test_tips_count_where_the_leader_writes_the_block() -> None:
    market = opened(stressed(regime("keep", auction="none", ordering="priority_fee")))
    brought = Purses(market).total
    leader = market.world.account_of["sequencer 0"]
    flows = market.world.tables.flows[:, leader, :, 0]
    assert flows[:, Why.TIP].sum() > 0.0
    assert brought == pytest.approx(float(flows[:, Why.TIP].sum() + flows[:, Why.GAS].sum()))


def test_no_rollup_is_worse_off_than_alone() -> None:
    parts = {"auction": {"kind": "combinatorial", "bundles": "any"}}
    market = opened(stressed(regime({"kind": "stand_alone", "share": 1.0}, **parts)))
    treasury = market.world.treasury
    checked = 0
    execute = market.execute

    def noted(slot: Slot) -> None:
        nonlocal checked
        before = market.world.tables.balance[list(treasury), :, 0].sum(axis=1)
        execute(slot)
        got = market.world.tables.balance[list(treasury), :, 0].sum(axis=1) - before
        purse = slot.domain.regime.revenue.purse(slot)
        assert slot.alone is not None
        assert (got >= slot.alone + purse.fees - 1e-6).all()
        assert got.sum() == pytest.approx(purse.total)
        checked += purse.bids > 0.0

    market.execute = noted  # type: ignore[method-assign]
    market.run()
    assert checked > 3


@pytest.mark.parametrize("by", ["volume", "fees", "equal"])
def test_rollups_share_by_activity(by: str) -> None:
    market = opened(config(regime=regime({"kind": "pro_rata", "share": 1.0, "by": by}), agents=cast()))
    Purses(market)
    got = market.world.tables.balance[list(market.world.treasury), :, 0].sum(axis=1)
    assert got.sum() > 0.0
    assert (got[0] == pytest.approx(got[1])) == (by == "equal")


def test_users_get_back_what_they_brought_and_agents_nothing() -> None:
    market = opened(stressed(regime({"kind": "rebate_users", "share": 1.0}, auction="none", ordering="priority_fee")))
    Purses(market)
    flows, tables = revenue_flows(market), market.world.tables
    assert {payee for _, payee in flows} == {"retail", "borrowers"}
    groups = market.world.groups
    leader = groups.index("sequencer 0")
    for users in ("retail", "borrowers"):
        fees = tables.flows[groups.index(users), leader, [Why.TIP, Why.GAS], 0].sum()
        assert flows["sequencer 0", users] == pytest.approx(float(fees))


def test_bids_go_back_to_those_whose_intents_were_wrapped() -> None:
    found = {}
    for by in ("volume", "loss"):
        market = ran(stressed(regime({"kind": "rebate_users", "share": 1.0, "bids_by": by})))
        assert market.tally.conservation_error < 1e-9
        report = outcomes(market)
        found[by] = report["revenue_to_users_usd"]
        assert 0.0 < report["revenue_to_users_usd"] <= report["auction_revenue_usd"] * (1 + 1e-9) + 10.0
    assert found["volume"] > 0.0


def test_smoothing_pays_all_leaders_the_same_whoever_led() -> None:
    parts = {"auction": "none", "ordering": "priority_fee", "leader": {"kind": "stake_lottery", "stakes": [3.0, 1.0]}}
    market = opened(stressed(regime({"kind": "smooth", "window_slots": 5, "by": "weight"}, **parts)))
    market.run()
    flows = revenue_flows(market)
    first, second = (flows["protocol", leader.name] for leader in market.domains[0].leaders)
    assert first == pytest.approx(3.0 * second)
    paid_in = sum(amount for (_, payee), amount in flows.items() if payee == "protocol")
    held = market.world.tables.balance[market.world.account_of["protocol"], :, 0].sum()
    assert paid_in == pytest.approx(first + second + held)


def test_a_treasury_is_paid_from_another_rollup_where_the_payer_is_short() -> None:
    market = opened(config(rollup("a"), rollup("b"), regime=regime({"kind": "pro_rata", "by": "equal", "share": 1.0})))
    domain = market.domains[0]
    leader = domain.leaders[0]
    market.world.tables.balance[leader.account, 1, 0] = 0.0
    slot = Slot(market, domain, 0.0, np.zeros(0), np.zeros(0), leader, domain.rng, bids=50.0)
    domain.regime.revenue.pass_on(slot)
    assert market.world.tables.balance[market.world.treasury[1], 0, 0] == pytest.approx(25.0)


# -- the split ---------------------------------------------------------------------------------------------------------


@given(alone=st.lists(AMOUNT, min_size=1, max_size=8), more=AMOUNT)
def test_a_split_adds_up_and_leaves_nobody_worse_off(alone: list[float], more: float) -> None:
    values = np.array(alone)
    total = float(values.sum()) + more
    parts = split(total, values)
    assert parts.sum() == pytest.approx(total)
    assert (parts >= values - 1e-9 * total - 1e-100).all()


@settings(deadline=None)
@given(data=st.data(), count=st.integers(3, 5))
def test_a_split_gives_no_group_less_than_it_has_by_itself_where_that_can_be(data: st.DataObject, count: int) -> None:
    alone = np.array(data.draw(st.lists(st.floats(0.1, 10.0), min_size=count, max_size=count)))
    size = members(count).sum(axis=1)
    # a convex game has a core: what groups gain on top grows ever faster with their size
    gain = data.draw(st.floats(0.0, 5.0)) * size * (size - 1.0)
    groups = group_values(alone) + gain
    parts = split(float(groups[-1]), alone, groups)
    assert parts.sum() == pytest.approx(groups[-1])
    assert (members(count) @ parts >= groups - 1e-6 * groups[-1]).all()


@settings(deadline=None)
@given(bonus=st.floats(1.0, 100.0))
def test_a_proportional_split_that_a_group_would_leave_is_mended(bonus: float) -> None:
    alone = np.array([1.0, 1.0, 10.0])
    groups = group_values(alone)
    groups[0b011] += bonus  # the first two earn the bonus by themselves
    groups[0b111] += bonus
    parts = split(float(groups[-1]), alone, groups)
    assert parts[:2].sum() >= groups[0b011] - 1e-6
    assert parts[2] >= 10.0 - 1e-6
    assert parts.sum() == pytest.approx(groups[-1])


def test_an_empty_core_leaves_the_smallest_shortfall() -> None:
    alone, groups = np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    # any two can have 1, all three have 1: a third each leaves every pair a third short, and nothing does better
    parts = split(1.0, alone, groups)
    assert parts == pytest.approx([1 / 3] * 3, abs=1e-6)


@given(st.floats(0.0, 1e6), st.integers(1, 6))
def test_equal_parts_where_nobody_has_anything_alone(total: float, count: int) -> None:
    assume(total > 0.0)
    assert split(total, np.zeros(count)) == pytest.approx(np.full(count, total / count))


@pytest.mark.parametrize(
    ("parameters", "what"),
    [
        ({"kind": "burn", "share": 1.5}, "share"),
        ({"kind": "pro_rata", "by": "size"}, "by"),
        ({"kind": "smooth", "window_slots": 0}, "window_slots"),
        ({"kind": "rebate_users", "part": 0.5}, "part"),
        ({"kind": "gift"}, "gift"),
    ],
)
def test_bad_parameters_are_named_in_one_line(parameters: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError, match=what) as error:
        make("revenue", parameters)
    assert "\n" not in str(error.value)


def test_rebates_to_traders_of_perpetuals_are_rebates_to_users() -> None:
    spec = PerpetualConfig(traders=20, cross_share=0.0, leverage_low=2.0, leverage_high=5.0)
    place = rollup("a", perpetuals=(spec,), gas_usd=0.5)
    rebate = regime({"kind": "rebate_users", "share": 1.0}, auction="none", ordering="priority_fee")
    trading = PerpetualTradersConfig(trades_per_hour=600.0)
    market = ran(config(place, regime=rebate, perpetual_traders=trading, flow=FlowConfig(per_second=0.0)))
    report = reported(market)
    flows = revenue_flows(market)
    assert {payee for _, payee in flows} == {"perpetual traders"}
    assert report["revenue_to_users_usd"] == pytest.approx(sum(flows.values()))
    assert report["revenue_to_users_usd"] > 1.0
