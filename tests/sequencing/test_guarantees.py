"""Guarantees: the way around a censor, and the check before inclusion."""

from __future__ import annotations

import numpy as np
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import ALICE, BOB, CAPITAL_USD, ETH, USD, on_block

from agents.sequencers.censoring import flagged
from market.config import AgentConfig, RegimeConfig
from market.errors import InputError
from market.intents.rows import Reason, Status
from market.sequencing import make
from market.sequencing.margin.checked import check
from market.state.ledger import Why
from market.venues import Kind

CENSOR = AgentConfig(role="sequencer", strategy="censoring", parameters={"flagged_share": 1.0})


def regime(**changes):
    return RegimeConfig(**{"name": "tested", "domains": "shared", "ordering": "leader"} | changes)


def recorded(config):
    """A market that ran, and all rows of its blocks."""
    market = worlds.opened(config)
    blocks: list[np.ndarray] = []
    on_block(market, lambda slot: blocks.append(slot.rows.copy()))
    market.run()
    worlds.check_ledger(market.world.tables, market.audit.opening)
    return market, np.concatenate(blocks)


def of_users(market, rows):
    return rows[rows["sender"] == market.world.account_of["retail"]]


# -- forced inclusion --------------------------------------------------------------------------------------------------


def test_a_censor_that_nobody_can_get_around_keeps_users_out():
    market, rows = recorded(worlds.config(regime=regime(), agents=(CENSOR,), horizon_s=60.0))
    users = of_users(market, rows)
    assert users.size > 50 and np.all(users["status"] == Status.EXPIRED)


@pytest.mark.parametrize("delay", [3.0, 8.0])
def test_the_deadline_of_forced_inclusion_holds_under_a_censor(delay):
    settings = regime(forced_inclusion={"kind": "l1_delay", "delay_s": delay})
    market, rows = recorded(worlds.config(regime=settings, agents=(CENSOR,), horizon_s=60.0))
    users = of_users(market, rows)
    block_time = market.domains[0].block_time
    late = users["executed"] - users["sent"]
    assert not np.any(users["status"] == Status.EXPIRED)
    assert np.all((late >= delay) & (late < delay + block_time))
    waiting = of_users(market, market.mempool.waiting(0))
    assert np.all(waiting["sent"] > 60.0 - delay - block_time)
    assert np.unique(rows["id"]).size == rows.size


def test_what_is_forced_stands_on_top_in_order_of_arrival():
    settings = regime(forced_inclusion={"kind": "l1_delay", "delay_s": 3.0})
    market, rows = recorded(worlds.stressed(settings, agents=(CENSOR, *worlds.cast())))
    users = of_users(market, rows)
    for time in np.unique(users["executed"]):
        block = rows[(rows["executed"] == time) & (rows["position"] >= 0)]
        forced = np.flatnonzero(block["sender"] == market.world.account_of["retail"])
        others = np.flatnonzero(block["sent"] > time - 3.0)
        assert not others.size or forced.max() < others.min()
        assert np.all(np.diff(block["arrival"][forced]) >= 0.0)


def test_the_way_through_l1_costs_its_fee():
    settings = regime(forced_inclusion={"kind": "l1_delay", "delay_s": 3.0, "fee_usd": 2.0})
    market, rows = recorded(worlds.config(regime=settings, agents=(CENSOR,)))
    forced = of_users(market, rows)
    accounts = market.world.account_of
    paid = market.world.tables.flows[accounts["retail"], accounts["outside"], Why.GAS, USD]
    assert paid == pytest.approx(2.0 * forced.size) and paid > 0.0


def test_a_share_of_the_users_goes_through_l1():
    settings = regime(forced_inclusion={"kind": "l1_delay", "delay_s": 3.0, "users": 0.4})
    market, rows = recorded(worlds.config(regime=settings, agents=(CENSOR,), horizon_s=120.0))
    users = of_users(market, rows)
    share = np.mean(users["status"] != Status.EXPIRED)
    assert share == pytest.approx(0.4, abs=0.12)


def test_the_same_users_are_flagged_under_every_regime():
    caught = []
    for ordering in ("leader", "first_come"):
        market, rows = recorded(worlds.config(regime=regime(ordering=ordering), horizon_s=60.0))
        users = of_users(market, rows)
        caught.append({round(float(row["sent"]), 9) for row in users[flagged(users, 0.3)]})
        assert np.mean(flagged(users, 0.3)) == pytest.approx(0.3, abs=0.1)
    assert len(caught[0] & caught[1]) > 0.9 * len(caught[0])


def test_a_filter_delays_the_flagged_alone_and_cannot_see_through_seals():
    censor = AgentConfig(role="sequencer", strategy="censoring", parameters={"flagged_share": 0.3})
    for visibility, censored in (("operator_only", True), ("sealed", False)):
        market, rows = recorded(worlds.config(regime=regime(visibility=visibility), agents=(censor,), horizon_s=60.0))
        users = of_users(market, rows)
        caught = flagged(users, 0.3)
        assert np.all(users["status"][~caught] != Status.EXPIRED)
        assert np.any(users["status"][caught] == Status.EXPIRED) == censored
        assert np.all(users["status"][caught] == Status.EXPIRED) == censored


def test_a_censor_takes_its_rivals_liquidations():
    changes = {"agents": (AgentConfig(role="liquidator", strategy="greedy", parameters={"sell": "outside"}),)}
    honest, free = recorded(worlds.stressed(regime(sequencer="honest"), **changes))
    censor, taken = recorded(worlds.stressed(regime(sequencer="censoring"), **changes))

    def by(market, rows, role):
        accounts = [agent.account for agent in market.participants if agent.role == role]
        done = (rows["kind"] == Kind.LIQUIDATE) & (rows["status"] == Status.FILLED)
        return int((done & np.isin(rows["sender"], accounts)).sum())

    assert by(honest, free, "liquidator") > 0 == by(honest, free, "sequencer")
    assert by(censor, taken, "liquidator") == 0 < by(censor, taken, "sequencer")


# -- margin ------------------------------------------------------------------------------------------------------------


def fates(world, *rows):
    return check(world.state, np.concatenate(rows)).tolist()


def test_an_intent_passes_when_the_balance_covers_all_before_it_too():
    world = worlds.founded(worlds.rollup("a"))
    half = worlds.swap(ALICE, 0.5 * CAPITAL_USD)
    assert fates(world, half, half) == [0, 0]
    assert fates(world, half, half, worlds.swap(ALICE, 1.0)) == [0, 0, 1]
    assert fates(world, half, worlds.swap(BOB, CAPITAL_USD)) == [0, 0]
    # what fails takes nothing from those behind it
    assert fates(world, worlds.swap(ALICE, 2 * CAPITAL_USD), half) == [1, 0]
    # what earlier intents may bring is not counted
    eth = CAPITAL_USD / worlds.ETH_USD
    assert fates(world, worlds.swap(ALICE, 1e4, limit=3.0), worlds.swap(ALICE, eth + 1.0, buy=False)) == [0, 1]


def test_tip_and_gas_have_to_be_covered():
    world = worlds.founded(worlds.rollup("a", gas_usd=5.0))
    assert fates(world, worlds.swap(ALICE, CAPITAL_USD)) == [1]
    assert fates(world, worlds.swap(ALICE, CAPITAL_USD - 5.0)) == [0]
    assert fates(world, worlds.swap(ALICE, CAPITAL_USD - 5.0, tip=1.0)) == [1]
    eth = CAPITAL_USD / worlds.ETH_USD
    assert fates(world, worlds.swap(ALICE, eth, buy=False)) == [0]
    assert fates(world, worlds.swap(ALICE, CAPITAL_USD - 5.0), worlds.swap(ALICE, eth, buy=False)) == [0, 1]


def test_within_a_bundle_what_comes_in_for_certain_pays_for_the_next():
    world = worlds.founded(worlds.rollup("a"))
    eth = CAPITAL_USD / worlds.ETH_USD
    legs = [worlds.swap(ALICE, 1e4, limit=3.0, bundle=1), worlds.swap(ALICE, eth + 2.9, buy=False, bundle=1)]
    assert fates(world, *legs) == [0, 0]
    legs[1]["amount"] = eth + 3.1
    assert fates(world, *legs, worlds.swap(ALICE, CAPITAL_USD)) == [2, 1, 0]


def test_what_a_failing_bundle_carried_stays_on_its_own():
    world = worlds.founded(worlds.rollup("a"))
    front, back = worlds.swap(ALICE, 2 * CAPITAL_USD, bundle=1), worlds.swap(ALICE, 1.0, buy=False, bundle=1)
    victim = worlds.swap(BOB, 100.0, bundle=1, carried=1)
    assert fates(world, front, victim, back) == [1, 3, 2]


@settings(deadline=None)  # the first example compiles
@given(
    st.lists(
        st.tuples(st.sampled_from((ALICE, BOB)), st.booleans(), st.floats(1.0, 1.2 * CAPITAL_USD), st.floats(0.0, 1e5)),
        max_size=10,
    )
)
def test_what_passes_never_fails_for_want_of_funds(specifications):
    world = worlds.founded(worlds.rollup("a", gas_usd=1.0))
    rows = [
        worlds.swap(sender, value if buys else value / worlds.ETH_USD, buy=buys, tip=tip)
        for sender, buys, value, tip in specifications
    ]
    if not rows:
        return
    block = np.concatenate(rows)
    passed = block[check(world.state, block) == 0]
    if passed.size:
        assert worlds.fates(worlds.execute(world, passed)) == ["FILLED"] * passed.size


def test_other_kinds_are_checked_by_what_they_take():
    world = worlds.founded(worlds.rollup("a", lending=(worlds.lender(),), borrowers=1))
    eth = CAPITAL_USD / worlds.ETH_USD
    at = {"venue": 0, "target": 0}
    assert fates(world, worlds.intent(Kind.DEPOSIT, amount=eth, **at)) == [0]
    assert fates(world, worlds.intent(Kind.DEPOSIT, amount=eth + 1.0, **at)) == [1]
    # more than is owed is not taken
    assert fates(world, worlds.intent(Kind.REPAY, amount=2 * CAPITAL_USD, **at)) == [0]
    assert fates(world, worlds.intent(Kind.PAYMENT, asset_in=ETH, target=BOB, amount=eth + 1.0)) == [1]
    assert fates(world, worlds.intent(Kind.BORROW, amount=1e12, **at)) == [0]
    assert fates(world, worlds.swap(world.account_of["retail"], 1e12)) == [0]


@pytest.mark.parametrize("sequencer", ["honest", "extractive"])
def test_a_screened_market_balances_and_everybody_gets_a_receipt(sequencer):
    agents = (
        AgentConfig(role="trader", strategy="arbitrageur", count=2, capital_usd=2e4),
        AgentConfig(role="trader", strategy="searcher", count=2, capital_usd=2e4),
    )
    config = worlds.stressed(regime(margin="checked", sequencer=sequencer, visibility="public"), agents=agents)
    market, rows = recorded(config)
    assert np.unique(rows["id"]).size == rows.size
    assert rows.size + market.mempool.waiting(0).size == market.mempool.submitted
    screened = (rows["reason"] == Reason.INSUFFICIENT_BALANCE) & (rows["position"] < 0)
    assert np.all(rows["status"][screened] == Status.REVERTED)
    assert market.world.tables.balance[: len(market.members), :, USD].min() >= 0.0
    assert market.world.tables.accounts["open"][market.world.account_of["retail"]] == 1.0


@pytest.mark.parametrize(
    ("part", "parameters", "complaint"),
    [
        ("forced_inclusion", {"kind": "l1_delay", "delay_s": 0.0}, "delay_s"),
        ("forced_inclusion", {"kind": "l1_delay", "users": 2.0}, "users"),
        ("margin", {"kind": "checked", "level": 1}, "level"),
    ],
)
def test_bad_parameters_are_one_line(part, parameters, complaint):
    with pytest.raises(InputError, match=complaint) as error:
        make(part, parameters)
    assert "\n" not in str(error.value)


def test_arbitrum_forces_after_a_day():
    assert make("forced_inclusion", {"kind": "l1_delay"}).delay_s == 86_400.0
