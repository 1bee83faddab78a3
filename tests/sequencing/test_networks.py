"""Rollups that move among networks while the market runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import players
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import config, on_block, opened, ran, reported, rollup, stressed

from market import regimes
from market.config import AgentConfig, MarketConfig, RegimeConfig
from market.errors import InputError, StrategyError
from market.intents.mempool import Mempool
from market.intents.rows import Reason, Status, blank
from market.measures.outcomes import outcomes
from market.sequencing import make
from market.state.ledger import Why

ROAMING = regimes.load("roaming")
COMPOSITIONS: dict[str, dict[str, Any]] = {
    "fast": {"block_time_s": 0.5},
    "sealed": {"block_time_s": 2.0, "parts": {"visibility": "sealed", "ordering": "random_batch"}},
    "extractive": {"block_time_s": 1.0, "parts": {"ordering": "leader", "sequencer": "extractive"}},
    "turns": {"parts": {"leader": {"kind": "round_robin", "members": 3}, "ordering": "uniform_price_batch"}},
    "committee": {
        "fee": 0.3,
        "parts": {"leader": {"kind": "round_robin", "members": 7}, "consensus": "committee", "capacity": "gas"},
    },
    "builders": {
        "block_time_s": 2.0,
        "parts": {"visibility": "builders", "ordering": "builder", "auction": "first_price"},
    },
}


@pytest.fixture(autouse=True)
def _no_scripts() -> Iterator[None]:
    yield
    players.ScriptedProtocol.script = None


def networks(*made: dict[str, Any], **settings: Any) -> RegimeConfig:
    listed = [{"name": f"n{at}"} | network for at, network in enumerate(made)]
    domains = {"kind": "networks", "networks": listed, "period_s": 2.0, "notice_s": 0.7, "switching_usd": 0.0}
    return ROAMING.model_copy(update={"domains": domains | settings})


def protocols(strategy: str, **parameters: Any) -> AgentConfig:
    return AgentConfig(role="protocol", strategy=strategy, count=2, parameters=parameters)


def moving(regime: RegimeConfig, strategy: str = "players:Wanderer", **changes: Any) -> MarketConfig:
    base = stressed(regime, **changes)
    return base.model_copy(update={"agents": (*base.agents, protocols(strategy))})


def blocks(config: MarketConfig, seed: int = 1) -> list[tuple[float, list[str], bytes]]:
    """Every block with rows: its time, its senders by name, since accounts are numbered otherwise, and all else."""
    market, found = opened(config, seed), []
    group = market.world.tables.accounts["group"].astype(int)

    def noted(slot: Any) -> None:
        rows = slot.rows.copy()
        senders = [market.world.groups[group[at]] for at in rows["sender"]]
        rows["sender"] = 0
        if rows.size:
            found.append((slot.time, senders, rows.tobytes()))

    on_block(market, noted)
    market.run()
    return found


# -- what a network is -------------------------------------------------------------------------------------------------


# which builder receives what depends on its account, of which a market with more sequencers has others
@pytest.mark.parametrize("name", [name for name in COMPOSITIONS if name != "builders"])
def test_alone_in_a_network_a_rollup_has_the_blocks_of_its_fixed_regime(name: str) -> None:
    regime = networks(COMPOSITIONS[name])
    one = stressed("siloed", horizon_s=10.0)
    one = one.model_copy(update={"rollups": one.rollups[:1], "regime": regime})
    fixed = make("domains", regime.domains).regimes(one)[0]
    stays = one.model_copy(update={"agents": (*one.agents, protocols("loyal").model_copy(update={"count": 1}))})
    expected = blocks(one.model_copy(update={"regime": fixed}))
    assert len(expected) > 3
    assert blocks(stays) == expected


def test_two_rollups_in_networks_of_one_kind_are_two_rollups_apart() -> None:
    regime = networks({"block_time_s": 1.0, "fee": 0.0}, {"block_time_s": 1.0, "fee": 0.0})
    apart = RegimeConfig(name="apart", revenue={"kind": "pro_rata", "share": 1.0, "by": "fees"}, block_time_s=1.0)
    expected = blocks(stressed(apart, horizon_s=8.0))
    assert blocks(moving(regime, "loyal", horizon_s=8.0)) == expected


def test_networks_keep_their_fee_and_pay_members_the_rest_of_what_their_intents_brought() -> None:
    regime = networks({"fee": 0.25}, {"fee": 1.0}, first=[1, 2])
    market = ran(moving(regime, "loyal", horizon_s=12.0))
    flows, members = market.world.tables.flows[:, :, :, 0], market.members
    received = {}
    for at, member in enumerate(members):
        if member.role == "sequencer" and member.domain < 2:
            brought = flows[:, at, [Why.TIP, Why.GAS]].sum()
            received[member.domain] = (brought, flows[at, :, Why.REVENUE].sum())
    assert received[0][0] > 0.0
    assert received[0][1] == pytest.approx(0.75 * received[0][0])
    assert received[1] == (pytest.approx(received[1][0]), 0.0)


# -- moving ------------------------------------------------------------------------------------------------------------


def test_a_move_takes_effect_after_notice_and_is_paid_for() -> None:
    players.ScriptedProtocol.script = lambda agent, seen: 2 if seen.rollup == 0 else seen.network
    regime = networks({"block_time_s": 0.5}, {"block_time_s": 1.0}, first=[1, 1], switching_usd=123.0)
    market = opened(moving(regime, "players:ScriptedProtocol", horizon_s=9.0))
    where: list[tuple[float, int, tuple[int, ...]]] = []
    on_block(market, lambda slot: where.append((slot.time, slot.domain.index, slot.domain.rollups)))
    market.run()
    assert market.moves is not None
    assert [tuple(move) for move in market.moves.made] == [(0, 1, 2, 2.0, 2.7)]
    assert {(domain, rollups) for time, domain, rollups in where if time < 2.7} == {(0, (0, 1))}
    assert {(domain, rollups) for time, domain, rollups in where if time > 2.7} == {(0, (1,)), (1, (0,))}
    assert market.graph.nodes[0] | {"domain": 1, "block_time_s": 1.0} == market.graph.nodes[0]
    names = market.world.account_of
    paid = market.world.tables.flows[:, names["burnt"], Why.SWITCHING, 0]
    assert np.flatnonzero(paid).tolist() == [names["ScriptedProtocol 0"]]
    assert paid.sum() == pytest.approx(123.0)


def test_a_network_without_rollups_rests_and_wakes_on_its_own_clock() -> None:
    players.ScriptedProtocol.script = lambda agent, seen: 2 if seen.time < 9.0 else 1
    market = opened(moving(networks({}, {}, first=[1, 1]), "players:ScriptedProtocol", horizon_s=20.0))
    slots: dict[int, list[tuple[int, float]]] = {0: [], 1: []}
    on_block(market, lambda slot: slots[slot.domain.index].append((slot.domain.slot, slot.sealed_at)))
    phases = [domain.phase for domain in market.domains]
    market.run()
    for index, found in slots.items():
        assert [number for number, _ in found] == list(range(len(found)))
        off = [(sealed - phases[index]) % 2.0 for _, sealed in found]
        assert np.minimum(off, 2.0 - np.array(off)) == pytest.approx(np.zeros(len(off)), abs=1e-9)
    assert max(time for _, time in slots[1]) <= 10.7 + 2.0
    assert not [time for _, time in slots[0] if 2.7 < time < 10.7]
    assert [time for _, time in slots[0] if time > 10.7]


def test_who_cannot_pay_stays() -> None:
    market = ran(moving(networks({}, {}, switching_usd=1e12), horizon_s=12.0))
    assert market.moves is not None
    assert (market.moves.made, market.moves.where) == ([], [1, 2])
    assert market.moves.refused > 0
    assert market.world.tables.flows[:, :, Why.SWITCHING].sum() == 0.0


@pytest.mark.parametrize("explore", [0.0, 1.0])
def test_at_infinite_cost_nobody_moves(explore: float) -> None:
    regime = networks({"fee": 0.0, "block_time_s": 0.5}, {"fee": 1.0, "block_time_s": 8.0}, switching_usd=1e30)
    base = stressed(regime, horizon_s=16.0)
    group = protocols("experienced", inertia=0.0, explore=explore)
    market = ran(base.model_copy(update={"agents": (*base.agents, group)}))
    assert market.moves is not None
    assert market.moves.made == []


@pytest.mark.parametrize("first", [[1, 1, 1], [2, 2, 2], [0, 1, 2]])
def test_at_no_cost_everybody_ends_in_a_dominant_network(first: list[int]) -> None:
    """It keeps nothing and is fast; the other keeps most and is slow, and rollups' own sequencers keep everything."""
    regime = networks({"fee": 0.9, "block_time_s": 10.0}, {"fee": 0.0, "block_time_s": 0.5}, first=first, period_s=10.0)
    regime = regime.model_copy(update={"revenue": {"kind": "keep"}})
    slow = tuple(rollup(name, block_time_s=10.0, gas_usd=0.5) for name in ("a", "b", "c"))
    small = config().flow.model_copy(update={"median_usd": 300.0, "log_sd": 0.3})
    group = AgentConfig(role="protocol", strategy="experienced", count=3, parameters={"inertia": 0.3, "noise_bp": 0.0})
    market = ran(config(*slow, regime=regime, agents=(group,), flow=small, horizon_s=300.0))
    assert market.moves is not None
    assert market.moves.where == [2, 2, 2]


def test_the_same_seed_gives_the_same_moves_and_numbers() -> None:
    first, again = (ran(moving(networks({}, {"block_time_s": 0.5}), horizon_s=14.0), 3) for _ in range(2))
    assert first.moves is not None and again.moves is not None
    assert first.moves.made == again.moves.made != []
    assert first.world.state.cells.tobytes() == again.world.state.cells.tobytes()
    assert str(outcomes(first)) == str(outcomes(again))


PARTS = st.lists(st.sampled_from(sorted(COMPOSITIONS)), min_size=1, max_size=3)


@given(
    made=PARTS, seed=st.integers(1, 50), notice_s=st.sampled_from([0.0, 0.3, 1.7]), period_s=st.sampled_from([0.4, 1.0])
)
@settings(max_examples=12)
def test_however_rollups_move_nothing_is_lost_or_done_twice(
    made: list[str], seed: int, notice_s: float, period_s: float
) -> None:
    regime = networks(*(COMPOSITIONS[name] for name in made), notice_s=notice_s, period_s=period_s, switching_usd=5.0)
    market = opened(moving(regime, horizon_s=6.0), seed)
    fates: dict[int, int] = {}
    last = np.full(2, -np.inf)

    def noted(slot: Any) -> None:
        done = slot.rows[slot.rows["position"] >= 0]
        assert np.isin(done["rollup"], slot.domain.rollups).all(), "a block on a rollup of another domain"
        for at in np.unique(done["rollup"]):
            assert slot.sealed_at >= last[at], "two domains at once"
            last[at] = slot.time
        for row in slot.rows:
            assert int(row["id"]) not in fates, "decided on twice"
            fates[int(row["id"])] = int(row["status"])

    on_block(market, noted)
    market.run()
    assert market.moves is not None
    assert market.moves.made
    assert reported(market)["conservation_error"] <= 1e-9
    waiting = {int(row["id"]) for domain in market.domains for row in market.mempool.waiting(domain.index)}
    sealed = [domain.sealed for domain in market.domains if domain.sealed is not None]
    waiting |= {int(row["id"]) for slot in sealed for row in (*slot.rows, *slot.expired)} - {-1}
    assert not waiting & fates.keys()
    assert waiting | fates.keys() == set(range(market.mempool.submitted))
    # every rollup is sequenced by exactly one domain, and what waits, waits where its rollup is
    assert sorted(at for domain in market.domains for at in domain.rollups) == [0, 1]
    for domain in market.domains:
        rows = market.mempool.waiting(domain.index)
        assert np.isin(rows["rollup"][np.isfinite(rows["expiry"])], domain.rollups).all() or not domain.rollups


@given(data=st.data())
@settings(max_examples=60)
def test_the_line_of_a_mempool_is_carried_over_whole(data: st.DataObject) -> None:
    rollups, domains = 4, 3
    before = np.array(data.draw(st.lists(st.integers(0, domains - 1), min_size=rollups, max_size=rollups)))
    mempool = Mempool(before.copy(), domains)
    sizes = data.draw(st.lists(st.integers(1, 3), max_size=8))
    for number, size in enumerate(sizes):
        home = data.draw(st.integers(0, rollups - 1))
        reach = np.flatnonzero(before == before[home]).tolist()
        rows = blank(size)
        rows["rollup"] = [data.draw(st.sampled_from(reach)) for _ in range(size)]
        rows["bundle"] = number if size > 1 else -1
        mempool.submit(rows)
    held = np.concatenate([mempool.waiting(domain).copy() for domain in range(domains)])
    after = np.array(data.draw(st.lists(st.integers(0, domains - 1), min_size=rollups, max_size=rollups)))
    mempool.domain_of[:] = after
    for domain in range(domains):
        mempool.regroup(domain)
    found = [mempool.waiting(domain).copy() for domain in range(domains)]
    assert sorted(row for part in found for row in part["id"]) == sorted(held["id"])
    parted = {at for at in set(held["bundle"]) - {-1} if len(set(after[held["rollup"][held["bundle"] == at]])) > 1}
    for domain, part in enumerate(found):
        due, expired = mempool.take(domain, 1.0)
        assert set(expired["bundle"]) <= parted
        assert (after[due["rollup"]] == domain).all()
        assert not set(due["bundle"]) & parted
        assert due.size + expired.size == part.size
        assert (expired["status"] == Status.EXPIRED).all() and (expired["reason"] == Reason.NONE).all()


# -- experience --------------------------------------------------------------------------------------------------------


def test_what_protocols_are_shown_adds_up_to_what_the_market_counted() -> None:
    shown: dict[tuple[int, float], Any] = {}

    def script(agent: Any, seen: Any) -> int:
        shown.update({(past.rollup, past.start_s): past for past in seen.experience})
        return (seen.network + 1) % len(seen.terms)

    players.ScriptedProtocol.script = script
    market = opened(moving(networks({}, {"block_time_s": 0.5}), "players:ScriptedProtocol", horizon_s=20.0))
    market.run()
    assert market.moves is not None
    at_end = market.tally.by_rollup.copy()
    stretches = list(shown.values())
    assert {past.network for past in stretches} == {0, 1, 2}
    for own in range(2):
        mine = sorted((past for past in stretches if past.rollup == own), key=lambda past: past.start_s)
        assert [past.end_s for past in mine[:-1]] == [past.start_s for past in mine[1:]]
        assert (mine[0].start_s, mine[-1].end_s) == (0.0, 20.0)
        assert sum(past.penalty_usd for past in mine) >= at_end["penalty"][own] * (1.0 - 1e-9)
        wanted = at_end["user_volume"][own] + at_end["unfilled_volume"][own]
        assert sum(past.demand_usd for past in mine) == pytest.approx(wanted)
        held = market.world.tables.balance[market.world.treasury[own], :, 0].sum()
        assert sum(past.revenue_usd for past in mine) == pytest.approx(held)


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regime", "message"),
    [
        (networks({}, first=[1]), r"regime\.domains\.first: \[1\]; allowed: 0 to 1 for each of 2"),
        (networks({}, first=[1, 2]), r"regime\.domains\.first: .*allowed: 0 to 1"),
        (networks({"name": "x"}, {"name": "x"}), r"regime\.domains\.networks: x, x; allowed: unique"),
        (networks({"parts": {"revenue": "keep"}}), r"networks\.0\.parts: unknown part 'revenue'; allowed: leader"),
        (networks({"parts": {"leader": "stake_lottery"}}), r"networks\.0\.parts\.leader: 'stake_lottery' is bound"),
    ],
)
def test_bad_networks_are_answered_with_what_is_allowed(regime: RegimeConfig, message: str) -> None:
    with pytest.raises(InputError, match=message):
        opened(stressed(regime))


def test_there_are_no_more_protocols_than_rollups() -> None:
    base = stressed(networks({}))
    many = protocols("loyal").model_copy(update={"count": 3})
    with pytest.raises(InputError, match="3 protocols; allowed: one a rollup, 2"):
        opened(base.model_copy(update={"agents": (many,)}))


def test_a_protocol_that_chooses_what_there_is_not_is_named() -> None:
    players.ScriptedProtocol.script = lambda agent, seen: 7
    with pytest.raises(StrategyError, match=r"ScriptedProtocol 0: chooses network 7; allowed: .* 0 to 1"):
        ran(moving(networks({}), "players:ScriptedProtocol", horizon_s=5.0))
