"""Gas: limits, backlog and a base fee that follows congestion."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from market.config import FlowConfig, RegimeConfig
from market.errors import InputError
from market.intents.rows import Status, blank
from market.sequencing import make
from market.sequencing.capacity.gas import admit
from market.state.ledger import Why
from market.venues import Kind

GAS = np.full(len(Kind), 100.0)
PRICES = np.array([1.0, 2500.0])


@st.composite
def blocks(draw):
    """Blocks on two rollups, with bundles that may span both."""
    units = draw(st.lists(st.lists(st.tuples(st.integers(0, 1), st.floats(1.0, 1e3)), min_size=1, max_size=3)))
    rows = blank(sum(map(len, units)))
    at = 0
    for number, unit in enumerate(units):
        for rollup, amount in unit:
            rows["rollup"][at], rows["amount"][at] = rollup, amount
            rows["bundle"][at] = number if len(unit) > 1 else -1
            at += 1
    rows["id"] = np.arange(rows.size)
    return rows


def admitted(rows, limit, fee=0.0, share=0.01):
    used, kept = np.zeros(2), np.zeros(rows.size, np.bool_)
    values = rows["amount"] * PRICES[rows["asset_in"]]
    admit(rows, values, GAS, np.full(rows.size, fee), limit, share, used, kept)
    return used, kept


def units(rows):
    """Indices of each intent on its own and of each bundle."""
    own = np.where(rows["bundle"] >= 0, rows["bundle"], -1 - np.arange(rows.size))
    return [np.flatnonzero(own == number) for number in dict.fromkeys(own.tolist())]


@settings(deadline=None)  # the first example compiles
@given(rows=blocks(), limit=st.floats(0.0, 2000.0))
def test_a_block_stays_within_its_limit_and_nobody_overtakes(rows, limit):
    used, kept = admitted(rows, limit)
    for rollup in range(2):
        there = rows["rollup"] == rollup
        assert used[rollup] == pytest.approx(GAS[0] * (kept & there).sum())
        assert used[rollup] <= limit
    refused = np.zeros(2, np.bool_)  # rollups on which something has not fitted
    for unit in units(rows):
        assert kept[unit].all() or not kept[unit].any()
        if kept[unit].any():
            assert not refused[rows["rollup"][unit]].any()
        else:
            asked = np.bincount(rows["rollup"][unit], minlength=2) * GAS[0]
            taken = np.bincount(rows["rollup"][kept & (np.arange(rows.size) < unit[0])], minlength=2) * GAS[0]
            refused |= (asked > 0) & (taken + asked > limit)
            assert refused[rows["rollup"][unit]].any()


@settings(deadline=None)  # the first example compiles
@given(rows=blocks(), fee=st.floats(0.0, 20.0))
def test_nobody_pays_more_than_the_cap(rows, fee):
    _, kept = admitted(rows, np.inf, fee, share=0.01)
    for unit in units(rows):
        assert kept[unit].all() == (fee * unit.size <= 0.01 * rows["amount"][unit].max())


def regime(**gas):
    capacity = {"kind": "gas"} | gas
    return RegimeConfig(name="tested", domains="shared", capacity=capacity)


def busy(per_second, horizon=240.0, **gas):
    flow = FlowConfig(per_second=per_second, median_usd=300.0, log_sd=1.8, latency_s=0.0, patience_s=30.0)
    return worlds.config(worlds.rollup("a"), regime=regime(**gas), flow=flow, horizon_s=horizon, audit_every=1)


def watched(config):
    """Base fee and gas used of every block of a market's only rollup."""
    market = worlds.opened(config)
    seen = []
    fit = market.domains[0].regime.capacity.fit

    def note(slot, rows):
        kept = fit(slot, rows)
        seen.append((market.world.tables.rollups["gas"][0], 150e3 * kept.size))
        return kept

    object.__setattr__(market.domains[0].regime.capacity, "fit", note)
    market.run()
    return market, np.array(seen)


def test_the_base_fee_brings_use_to_the_target():
    # two rollups would share the flow: with one, 10 swaps a second ask for 1.5 million gas per second
    market, seen = watched(busy(10.0, limit_per_s=1.2e6, target_share=0.5))
    target = 0.5 * 1.2e6 * market.domains[0].block_time
    late = seen[seen.shape[0] // 2 :]
    assert late[:, 1].mean() == pytest.approx(target, rel=0.05)
    assert late[:, 0].mean() > 100 * seen[0, 0]
    worlds.check_ledger(market.world.tables, market.audit.opening)


def test_without_congestion_the_fee_stays_at_its_floor():
    _, seen = watched(busy(1.0, limit_per_s=6e6, floor_usd=0.02))
    assert np.all(seen[:, 0] == 0.02)


def test_the_fee_moves_by_an_eighth_at_most_and_is_paid_to_the_operator():
    market, seen = watched(busy(10.0, limit_per_s=0.6e6, horizon=60.0))
    assert np.all(np.abs(np.diff(np.log(seen[:, 0]))) <= -np.log(1 - 0.125) + 1e-12)
    assert np.all(seen[:, 1] <= 0.6e6 * market.domains[0].block_time)
    operator = market.domains[0].leaders[0].account
    paid = market.world.tables.flows[:, operator, Why.GAS, 0].sum()
    assert 0.0 < paid <= (seen[:, 0] * seen[:, 1] / 150e3).sum() * (1 + 1e-12)


def test_the_backlog_keeps_its_place():
    config = busy(10.0, limit_per_s=0.6e6, horizon=60.0, adjustment=0.0, most_fee_share=1e9)
    market = worlds.opened(config)
    executed = []
    worlds.on_block(market, lambda slot: executed.append(slot.rows.copy()))
    market.run()
    rows = np.concatenate(executed)
    done = rows[np.isin(rows["status"], (Status.FILLED, Status.REVERTED))]
    assert np.all(np.diff(done["arrival"]) >= 0.0)
    assert np.unique(done["id"]).size == done.size
    assert (rows["status"] == Status.EXPIRED).any() and (done["executed"] - done["arrival"]).max() > 10.0


def test_a_block_author_who_is_cut_short_gets_receipts_and_no_intent_is_lost():
    settings = RegimeConfig(
        name="tested", domains="shared", ordering="leader", sequencer="extractive",
        capacity={"kind": "gas", "limit_per_s": 0.4e6},
    )  # fmt: skip
    market = worlds.opened(worlds.stressed(settings))
    fates: list[np.ndarray] = []
    worlds.on_block(market, lambda slot: fates.append(slot.rows.copy()))
    market.run()
    rows = np.concatenate(fates)
    assert np.unique(rows["id"]).size == rows.size
    waiting = sum(market.mempool.waiting(domain.index).size for domain in market.domains)
    assert rows.size + waiting == market.mempool.submitted
    worlds.check_ledger(market.world.tables, market.audit.opening)


def test_what_is_given_back_is_as_it_was_sent():
    market = worlds.opened(worlds.config(regime=regime()))
    sent = blank(3)
    sent["amount"] = 1.0, 2.0, 3.0
    market.mempool.submit(sent)
    slot = market.domains[0].open_slot(0.0)
    rows = slot.due[::-1].copy()
    rows["bundle"], rows["carried"] = 5, 1
    slot.give_back(rows[:2])
    waiting = market.mempool.waiting(0)
    np.testing.assert_array_equal(waiting["amount"], [2.0, 3.0])
    assert np.all(waiting["bundle"] == -1) and np.all(waiting["carried"] == 0)


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"gas": {"swop": 1.0}}, "unknown kind of intent 'swop'"),
        ({"gas": {"swap": -1.0}}, "gas of swap"),
        ({"target_share": 0.0}, "target_share"),
        ({"limit": 1.0}, "limit"),
    ],
)
def test_bad_parameters_are_one_line(parameters, complaint):
    with pytest.raises(InputError, match=complaint) as error:
        make("capacity", {"kind": "gas"} | parameters)
    assert "\n" not in str(error.value)


def test_gas_by_kind_can_be_set():
    rule = make("capacity", {"kind": "gas", "gas": {"swap": 7.0}}).start()
    config = worlds.config(worlds.rollup("a", gas_usd=0.5))
    world = worlds.founded(*config.rollups)
    rule.seated(SimpleNamespace(market=SimpleNamespace(config=config, world=world), rollups=(0,)))
    assert rule._gas[int(Kind.SWAP)] == 7.0
    np.testing.assert_array_equal(rule.base_fee, [0.5])
