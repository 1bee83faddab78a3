"""Promises: when they are kept, when they pay to be broken, and what that costs."""

from __future__ import annotations

import numpy as np
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from market.config import AgentConfig, FlowConfig, RegimeConfig
from market.errors import InputError
from market.intents.rows import blank
from market.sequencing import make
from market.sequencing.preconfirmation.promise import kept
from market.state.ledger import Why


def arrived(*times, rollup=0):
    rows = blank(len(times))
    rows["arrival"], rows["id"], rows["rollup"] = times, np.arange(len(times)), rollup
    return rows


def inserted(rollup=0):
    row = blank(1)
    row["id"], row["rollup"] = 1000, rollup
    return row


def test_a_place_is_kept_when_nothing_promised_later_or_not_at_all_stands_before():
    due = arrived(1.0, 2.0, 3.0)

    def fates(*block, place=True):
        return kept(due, np.concatenate(block), 2, place).tolist()

    assert fates(due) == [True, True, True]
    assert fates(due, inserted()) == [True, True, True]
    assert fates(inserted(1), due) == [True, True, True]  # on another rollup
    assert fates(inserted(0), due) == [False, False, False]
    assert fates(due[:1], inserted(), due[1:]) == [True, False, False]
    assert fates(due[[1, 0, 2]]) == [False, True, True]
    assert fates(due[:2]) == [True, True, False]
    assert fates(inserted(0), due[[2, 0]], place=False) == [True, False, True]


@settings(deadline=None)  # the first example compiles
@given(times=st.lists(st.floats(0.0, 10.0), min_size=1, max_size=20), cut=st.integers(0, 20))
def test_arrival_order_keeps_every_promise_whatever_comes_later(times, cut):
    rows = arrived(*times)
    block = rows[np.argsort(rows["arrival"], kind="stable")]
    promised = block[:cut]
    assert kept(promised[np.argsort(promised["id"])], block, 1, True).all()


def regime(sequencer, ordering="leader", leader="operator", **promise):
    return RegimeConfig(
        name="tested", domains="shared", ordering=ordering, leader=leader, sequencer=sequencer,
        preconfirmation={"kind": "promise"} | promise,
    )  # fmt: skip


def ran(*arguments, **changes):
    market = worlds.ran(worlds.stressed(regime(*arguments, **changes), agents=()))
    worlds.check_ledger(market.world.tables, market.audit.opening)
    return market, market.domains[0].regime.preconfirmation


@pytest.mark.parametrize("ordering", ["first_come", "leader"])
def test_an_honest_leader_keeps_its_promises(ordering):
    market, rule = ran("honest", ordering)
    assert rule.made > 50 and rule.broken == 0
    assert market.world.tables.flows[:, :, Why.SLASHING].sum() == 0.0


def test_a_promise_is_broken_when_that_pays_more_than_it_costs():
    cheap, rule = ran("promise_breaker", bond_usd=100.0, bond_share=0.1)
    assert rule.broken > 0 and cheap.domains[0].leaders[0].breaks > 0
    dear, kept_rule = ran("promise_breaker", bond_usd=1e6, bond_share=1.0)
    assert kept_rule.broken == 0 and kept_rule.made > 50
    own, other = (market.tally.gains[market.domains[0].leaders[0].account].sum() for market in (cheap, dear))
    assert own > other


def test_chances_and_stakes_count_in_what_a_breaker_expects():
    lottery = {"kind": "stake_lottery", "stakes": [1.0], "stake_usd": 2000.0, "slash_broken_promise": 0.05}
    market = worlds.opened(
        worlds.stressed(regime("promise_breaker", leader=lottery, bond_usd=600.0, bond_share=0.5, detection=0.25))
    )
    domain = market.domains[0]
    rule = domain.regime.preconfirmation
    assert rule.expected_penalty(domain, domain.leaders[0]) == pytest.approx(0.25 * (300.0 + 100.0))
    assert domain.block_view(domain.leaders[0], 0.0).broken_promise_usd == pytest.approx(100.0)


def test_where_inclusion_alone_is_promised_insertions_break_nothing():
    market, rule = ran("promise_breaker", what="inclusion", bond_usd=1e6, bond_share=1.0)
    domain = market.domains[0]
    assert domain.block_view(domain.leaders[0], 0.0).broken_promise_usd == 0.0
    assert rule.made > 50 and rule.broken == 0
    assert market.tally.gains[market.domains[0].leaders[0].account].sum() > 0.0


def test_the_more_the_price_moved_the_sooner_a_promise_breaks():
    # users too small to move a pool by what an arbitrage costs
    flow = FlowConfig(per_second=1.0, median_usd=50.0, log_sd=0.1, patience_s=20.0)
    broken = []
    for volatility in (0.0, 10.0, 60.0):
        assets = ({"name": "ETH", "price_usd": worlds.ETH_USD, "volatility": volatility},)
        settings = regime("promise_breaker", bond_usd=200.0)
        market = worlds.ran(worlds.config(regime=settings, assets=assets, flow=flow, horizon_s=120.0))
        broken.append(market.domains[0].leaders[0].breaks)
    assert 0 == broken[0] < broken[1] < broken[2]


def test_the_bond_goes_to_those_who_were_let_down():
    market, rule = ran("promise_breaker", bond_usd=100.0, bond_share=0.1)
    leader, world = market.domains[0].leaders[0].account, market.world
    paid = world.tables.flows[leader, :, Why.SLASHING, 0]
    assert paid.sum() == pytest.approx(rule.slashed_usd)
    assert 0.0 < paid.sum() <= 10.0 * market.tally.slots
    assert paid[world.account_of["retail"]] > 0.0 and paid[leader] == 0.0


def test_stake_is_slashed_too():
    lottery = {"kind": "stake_lottery", "stakes": [1.0, 1.0], "stake_usd": 2000.0, "least_usd": 10.0}
    market, rule = ran("promise_breaker", leader=lottery, bond_usd=0.0)
    assert rule.broken > 0
    assert market.world.tables.balance[market.world.account_of["burnt"]].sum() > 0.0


def test_who_does_not_cover_the_bond_promises_nothing():
    operator = AgentConfig(role="sequencer", strategy="honest", capital_usd=10.0)
    market = worlds.ran(worlds.config(regime=regime("honest", bond_usd=1e3), agents=(operator,)))
    assert market.domains[0].regime.preconfirmation.made == 0


def test_what_arrives_too_late_to_be_promised_is_not():
    rule = make("preconfirmation", {"kind": "promise", "latency_s": 5.0})
    none, some = (
        worlds.ran(worlds.config(regime=regime("honest", latency_s=latency), horizon_s=60.0)) for latency in (5.0, 0.5)
    )
    assert rule.latency_s == 5.0
    assert none.domains[0].regime.preconfirmation.made == 0 < some.domains[0].regime.preconfirmation.made


@pytest.mark.parametrize("parameters", [{"bond_share": 1.5}, {"what": "price"}, {"latency_s": -1.0}, {"bond": 1.0}])
def test_bad_parameters_are_one_line(parameters):
    with pytest.raises(InputError, match=next(iter(parameters))) as error:
        make("preconfirmation", {"kind": "promise"} | parameters)
    assert "\n" not in str(error.value)
