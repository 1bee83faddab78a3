"""Based sequencing: leaders known ahead, blocks that L1 reverts, L1 among the rollups, and what a promise is worth."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest
import worlds
from worlds import ETH, USD, on_block

from market import regimes
from market.config import AgentConfig, FlowConfig, RegimeConfig
from market.intents.bundles import Atomicity
from market.intents.rows import Status, blank
from market.model import SequencerMarket
from market.state.ledger import Why
from market.venues import Kind

STAKES = [0.5, 0.3, 0.2]


def regime(**changes: Any) -> RegimeConfig:
    settings: dict[str, Any] = {"name": "tested", "domains": {"kind": "shared"}, "block_time_s": 1.0}
    return RegimeConfig(**settings | changes)


# -- leaders known ahead -----------------------------------------------------------------------------------------------


def led(epoch: int, horizon_s: float = 60.0) -> tuple[SequencerMarket, list[tuple[int, ...]], list[int]]:
    """A market, what was known ahead in each slot, and who led it."""
    leader = {"kind": "lookahead", "stakes": STAKES, "epoch_slots": epoch}
    market = worlds.opened(worlds.config(regime=regime(leader=leader), horizon_s=horizon_s))
    known: list[tuple[int, ...]] = []
    leaders: list[int] = []

    def noted(slot: Any) -> None:
        known.append(market.observations[0]._at(slot.domain, slot.sealed_at).leaders_ahead(1000))
        leaders.append(slot.leader.account)

    on_block(market, noted)
    market.run()
    return market, known, leaders


@pytest.mark.parametrize("epoch", [1, 7, 32])
def test_who_leads_is_known_to_the_end_of_the_next_epoch_and_comes_true(epoch: int) -> None:
    _, known, leaders = led(epoch)
    assert len(leaders) > 50
    for slot, ahead in enumerate(known):
        assert len(ahead) == 2 * epoch - slot % epoch
        coming = leaders[slot : slot + len(ahead)]
        assert list(ahead[: len(coming)]) == coming


def test_leaders_are_drawn_in_proportion_to_stake_whatever_the_epoch() -> None:
    market, _, leaders = led(32, horizon_s=3000.0)
    seats = [agent.account for agent in market.domains[0].leaders]
    shares = np.array([leaders.count(account) for account in seats]) / len(leaders)
    error = np.sqrt(np.array(STAKES) * (1.0 - np.array(STAKES)) / len(leaders))
    assert (abs(shares - STAKES) < 4.0 * error).all()
    assert led(5, horizon_s=40.0)[2] == leaders[: len(led(5, horizon_s=40.0)[2])]  # the stream is the same


def test_a_leader_without_stake_misses_the_slots_that_it_was_drawn_for() -> None:
    leader = {"kind": "lookahead", "stakes": [1.0, 1.0], "stake_usd": 4000.0, "least_usd": 1500.0}
    market = worlds.opened(worlds.config(regime=regime(leader=leader), horizon_s=100.0))
    domain = market.domains[0]
    drawn = domain.regime.leader.ahead(domain, 64)
    domain.regime.leader.slash(domain, domain.leaders[0], 0.5, "broken_promise")
    missed: list[bool] = []
    on_block(market, lambda slot: missed.append(slot.missed))
    market.run()
    of_first = [leader is domain.leaders[0] for leader in drawn]
    assert missed[: len(of_first)] == of_first and any(of_first) and not all(of_first)
    assert not any(missed[64:])  # later epochs are drawn from those who have a stake


def test_where_nothing_is_known_ahead_nothing_is_shown() -> None:
    for kind, expected in (("stake_lottery", 0), ("round_robin", 5), ("operator", 5)):
        market = worlds.opened(worlds.config(regime=regime(leader={"kind": kind})))
        view = market.observations[0]._at(market.domains[0], 0.0)
        assert len(view.leaders_ahead(5)) == expected


# -- reorganisations of L1 ---------------------------------------------------------------------------------------------


@cache
def reorganised(name: str = "based", chance: float = 0.4, **changes: Any) -> tuple[SequencerMarket, list[Any]]:
    settings = regimes.load(name).model_copy(
        update={"consensus": {"kind": "instant", "reorganisation": chance}, "block_time_s": 2.0}
    )
    market = worlds.opened(worlds.stressed(settings, horizon_s=80.0, **changes))
    slots: list[Any] = []

    def noted(slot: Any) -> None:
        slot.due = slot.due.copy()  # the mempool overwrites it
        slots.append(slot)

    on_block(market, noted)
    market.run()
    worlds.check_ledger(market.world.tables, market.audit.opening)
    return market, slots


def test_a_reverted_block_leaves_the_state_as_it_was_and_its_intents_waiting() -> None:
    market, slots = reorganised()
    orphaned = [slot for slot in slots if slot.orphaned]
    assert 8 < len(orphaned) == market.domains[0].regime.consensus.orphaned < len(slots) - 8
    for slot in orphaned:
        assert slot.bids == 0.0 and slot.winner is not None
        assert (slot.rows["position"] == -1).all() and (slot.rows["status"] == Status.EXPIRED).all()
    ends = np.concatenate([slot.rows["id"] for slot in slots])
    assert np.unique(ends).size == ends.size  # nobody has two fates
    again = {at for slot in orphaned for at in slot.due["id"].tolist()}
    executed = {at for slot in slots for at in slot.rows["id"][slot.rows["position"] >= 0].tolist()}
    assert len(again & executed) > 50
    waiting = set(market.mempool.waiting(0)["id"].tolist())
    assert again <= set(ends.tolist()) | waiting  # none is lost


def test_the_author_of_a_reverted_block_loses_it_and_pays_nothing_for_it() -> None:
    market, slots = reorganised()
    builders = [agent.account for agent in market.builders]
    lost = [slot.rows for slot in slots if slot.orphaned]
    insertions = sum(int(np.isin(rows["sender"], builders).sum()) for rows in lost)
    assert insertions > 0
    paid = market.world.tables.flows[:, :, Why.BID, USD].sum()
    assert paid == pytest.approx(sum(slot.bids for slot in slots)) and paid > 0.0
    assert market.tally.auction_revenue == pytest.approx(paid)
    won = sum(market.tally.blocks_won.values())
    assert won == sum(slot.winner is not None and not slot.orphaned for slot in slots)


def test_who_builds_next_has_read_what_a_reverted_block_held() -> None:
    market, slots = reorganised()
    opened, sent_to = 0, market.domains[0].regime.visibility.received
    for builder in market.builders:
        for before, after in itertools.pairwise(slots):
            assert before.sealed_at < after.sealed_at
            own = sent_to(builder.account, after.due)
            _, received = after.shown[builder.account]
            also = np.setdiff1d(received, np.flatnonzero(own))
            assert np.isin(np.flatnonzero(own), received).all()
            if before.orphaned:
                opened += also.size
                assert np.isin(after.due["id"][also], list(market.domains[0].published)).all()
    assert opened > 0  # it reads what was not sent to it


def test_whatever_reorganises_draws_from_a_stream_of_its_own() -> None:
    """The same blocks are missed and led by the same leaders, however many are reverted."""
    leaders = []
    for chance in (0.0, 0.4):
        _, slots = reorganised(chance=chance)
        leaders.append([slot.leader.account for slot in slots])
    assert leaders[0] == leaders[1]


# -- L1 among the rollups ----------------------------------------------------------------------------------------------


def with_layer1(name: str, **changes: Any) -> SequencerMarket:
    first, second = worlds.rollup("a"), worlds.rollup("b")
    layer1 = worlds.rollup("L1", layer1=True, block_time_s=12.0)
    return worlds.opened(worlds.config(first, second, layer1, regime=name, **changes))


@pytest.mark.parametrize("name", regimes.names())
def test_bundles_over_layer_1_are_atomic_in_based_regimes_alone(name: str) -> None:
    market = with_layer1(name)
    based = name.startswith("based")
    view = market.observations[0]._at(market.domains[0], 0.0)
    assert (view.atomic(0, 2) is Atomicity.EXECUTION) == based
    assert (market.domain_of[0] == market.domain_of[2]) == based
    assert market.domains[market.domain_of[2]].block_time == 12.0
    assert sorted(at for domain in market.domains for at in domain.rollups) == [0, 1, 2]


def test_a_cycle_over_layer_1_and_a_rollup_is_taken_where_it_is_atomic() -> None:
    """Pools of L1 and a rollup are 2% apart, and nobody can trade outside."""
    taken = {}
    for name in ("based", "centralized_shared"):
        pools = [worlds.PoolConfig(depth_usd=2.5e6, fee_bp=30.0, price_usd=price) for price in (2500.0, 2550.0)]
        config = worlds.config(
            worlds.rollup("a", pools=(pools[0],)),
            worlds.rollup("L1", pools=(pools[1],), layer1=True, block_time_s=12.0),
            regime=name, horizon_s=40.0, flow=FlowConfig(per_second=0.0),
            agents=(AgentConfig(role="trader", strategy="arbitrageur", parameters={"outside": False}),),
        )  # fmt: skip
        market = worlds.opened(config)
        rows: list[np.ndarray] = []
        on_block(market, lambda slot, rows=rows: rows.append(slot.rows.copy()))
        market.run()
        filled = np.concatenate(rows)
        filled = filled[(filled["status"] == Status.FILLED) & (filled["bundle"] >= 0)]
        taken[name] = set(filled["rollup"].tolist())
    assert taken == {"based": {0, 1}, "centralized_shared": set()}


# -- what a promise is worth -------------------------------------------------------------------------------------------


def test_what_builders_did_not_receive_is_put_behind_their_block() -> None:
    settings = regimes.load("based").model_copy(
        update={"visibility": {"kind": "builders", "access": 0.3, "gossip": 0.3}}
    )
    market = worlds.ran(worlds.stressed(settings, horizon_s=60.0))
    rule = market.domains[0].regime.preconfirmation
    assert rule.made > 100 and rule.broken == 0


def one_block(bond_usd: float) -> tuple[SequencerMarket, Any]:
    """A stale pool, one promised user on it, and a leader that trades before or behind that user: once."""
    promise = {"kind": "promise", "what": "place", "bond_usd": bond_usd, "bond_share": 1.0}
    settings = regime(ordering="leader", sequencer="promise_breaker", preconfirmation=promise)
    pool = worlds.PoolConfig(depth_usd=2.5e6, fee_bp=30.0, price_usd=2450.0)
    leader = AgentConfig(role="sequencer", strategy="promise_breaker", parameters={"least_usd": 0.0})
    config = worlds.config(
        worlds.rollup("a", pools=(pool,)), regime=settings, agents=(leader,), flow=FlowConfig(per_second=0.0),
        horizon_s=1.0, assets=({"name": "ETH", "price_usd": 2500.0, "volatility": 0.0},), outside_fee_bp=0.0,
    )  # fmt: skip
    market = worlds.opened(config)
    user = blank(1)
    user["sender"], user["kind"], user["venue"] = market.world.account_of["retail"], int(Kind.SWAP), 0
    user["asset_in"], user["asset_out"], user["amount"], user["arrival"] = USD, ETH, 20_000.0, -1.0
    market.mempool.submit(user)
    slots: list[Any] = []
    on_block(market, slots.append)
    market.run()
    return market, slots[0]


def gain_of_leader(market: SequencerMarket) -> float:
    held = market.world.tables.balance[market.domains[0].leaders[0].account].sum(axis=0)
    start = np.array([1.0, 1.0 / 2500.0]) * 2e6
    slashed = float(market.world.tables.flows[:, :, Why.SLASHING, USD].sum())
    return float((held - start) @ [1.0, 2500.0]) + slashed


def test_a_promise_is_broken_exactly_where_that_earns_more_than_the_slash() -> None:
    broken, kept = one_block(0.0)[0], one_block(1e5)[0]
    assert broken.domains[0].regime.preconfirmation.broken == 1
    assert kept.domains[0].regime.preconfirmation.broken == 0
    more = gain_of_leader(broken) - gain_of_leader(kept)
    assert more > 10.0
    for bond, breaks in ((more * 0.9999, True), (more * 1.0001, False)):
        market, slot = one_block(bond)
        rule = market.domains[0].regime.preconfirmation
        assert (rule.broken, rule.slashed) == ((1, 1) if breaks else (0, 0))
        assert rule.slashed_usd == pytest.approx(bond if breaks else 0.0)
        first = slot.rows["sender"][0] == market.world.account_of["retail"]
        assert first != breaks


def test_promises_are_broken_within_a_run_of_the_regime_that_has_them() -> None:
    market = worlds.ran(worlds.stressed("based_preconfirmed", horizon_s=60.0))
    report = worlds.reported(market)
    assert report["promises_broken"] > 0 and report["promises_slashed"] > 0
    assert report["slashed_usd"] == pytest.approx(1000.0 * report["promises_slashed"])
    assert report["promise_delay_s"] < 1.0 < report["inclusion_delay_s"]
