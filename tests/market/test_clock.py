"""The time line of a slot: nobody knows or does anything before its time, under any regime."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import players
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import ETH, USD, config, on_block, opened, ran, stressed

from market import regimes
from market.access.alarms import Alarms
from market.access.protocols import Bid
from market.config import AgentConfig, FlowConfig, PriceConfig
from market.errors import StrategyError
from market.intents.rows import Status
from market.prices.path import PricePath
from market.sequencing.ordering.base import untouched

INSTALLED = regimes.names()
DECIDED = ("leader", "builder", "auctioned_place")
"""Kinds of ordering in which somebody decides, of all or of a part of the block."""


@pytest.fixture(autouse=True)
def _no_scripts() -> Iterator[None]:
    yield
    players.Scripted.script = players.ScriptedSequencer.script = players.ScriptedBuilder.script = None


# -- rows --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("regime", INSTALLED)
def test_an_intent_is_sent_arrives_is_sealed_and_executed_in_this_order(regime: str) -> None:
    market = opened(stressed(regime))
    slots: list[tuple[float, float, np.ndarray]] = []
    on_block(market, lambda slot: slots.append((slot.sealed_at, slot.time, slot.rows.copy())))
    market.run()
    filled = 0
    for sealed_at, time, rows in slots:
        assert sealed_at <= time
        assert (rows["sent"] <= rows["arrival"]).all()
        executed = rows[rows["position"] >= 0]
        assert (executed["arrival"] <= sealed_at).all()
        assert (executed["executed"] == time).all()
        filled += int((rows["status"] == Status.FILLED).sum())
    assert filled > 100


@pytest.mark.parametrize("regime", INSTALLED)
def test_blocks_of_a_domain_are_sealed_after_the_one_before_is_executed(regime: str) -> None:
    market = opened(stressed(regime, horizon_s=20.0))
    last: dict[int, float] = {}

    def noted(slot: Any) -> None:
        assert slot.sealed_at >= last.get(slot.domain.index, 0.0)
        last[slot.domain.index] = slot.time

    on_block(market, noted)
    market.run()
    assert last.keys() == {domain.index for domain in market.domains if domain.rollups}


@pytest.mark.parametrize("regime", INSTALLED)
def test_a_block_is_soft_final_no_later_than_executed_and_hard_final_once_its_batch_is_on_layer_1(regime: str) -> None:
    market = opened(stressed(regime, horizon_s=30.0))
    known: dict[int, tuple[float, float]] = {}
    soft_of: list[float] = []

    def noted(slot: Any) -> None:
        part = slot.domain.regime.consensus
        before, after = known.get(slot.domain.index, (0.0, 0.0)), part.finality_s()
        known[slot.domain.index] = after
        soft, hard = after[0] - before[0], after[1] - before[1]
        if slot.missed or slot.orphaned:  # no block, or none that stays
            assert soft == hard == 0.0
            return
        assert 0.0 <= soft <= slot.time - slot.sealed_at + 1e-9
        posted = hard - soft - part.l1_finality_s
        assert -1e-9 <= posted <= part.batch_s + 1e-9
        soft_of.append(soft)

    on_block(market, noted)
    market.run()
    assert soft_of


@settings(deadline=None, max_examples=15)
@given(
    window_s=st.just(0.0) | st.floats(1e-6, 3.0),
    decryption_s=st.just(0.0) | st.floats(1e-6, 3.0),
    latency_s=st.just(0.0) | st.floats(1e-6, 2.0),
    block_time_s=st.floats(0.3, 3.0),
)
def test_the_order_holds_for_any_window_latency_and_delay(
    window_s: float, decryption_s: float, latency_s: float, block_time_s: float
) -> None:
    regime = regimes.load("encrypted").model_copy(
        update={"block_time_s": block_time_s, "visibility": {"kind": "sealed", "decryption_s": decryption_s}}
    )
    trader = AgentConfig(role="trader", strategy="arbitrageur", latency_s=latency_s)
    market = opened(config(regime=regime, window_s=window_s, agents=(trader,), horizon_s=12.0))
    count = 0

    def noted(slot: Any) -> None:
        nonlocal count
        rows = slot.rows[slot.rows["position"] >= 0]
        count += rows.size
        assert (rows["sent"] <= rows["arrival"]).all()
        assert (rows["arrival"] <= slot.sealed_at).all()
        assert slot.time == pytest.approx(slot.sealed_at + decryption_s)

    on_block(market, noted)
    market.run()
    assert count > 0


# -- what is known when ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("regime", INSTALLED)
def test_agents_look_a_window_before_the_sealing_and_see_what_is_there_at_that_moment(regime: str) -> None:
    """The price of that moment, and pools as the last block left them that has been executed by then."""
    looks: list[tuple[int, float, float, list[list[float]]]] = []
    players.Scripted.script = lambda agent, seen, desk: looks.append(
        (seen.domain, seen.time, float(seen.prices[ETH]), np.sort(seen.pools["reserve"], axis=1).tolist())
    )
    horizon_s = max(20.0, 3.0 * (regimes.load(regime).block_time_s or 0.0))
    settings_ = config(agents=(players.trader(),), horizon_s=horizon_s, window_s=0.25, regime=regime)
    market = opened(settings_)
    tables = market.world.tables
    sealed: dict[int, list[float]] = {}
    left: list[tuple[float, list[list[float]]]] = []

    def noted(slot: Any) -> None:
        sealed.setdefault(slot.domain.index, []).append(slot.sealed_at)
        held = tables.balance[tables.pools["account"].astype(int), tables.pools["rollup"].astype(int)]
        left.append((slot.time, np.sort(held, axis=1).tolist()))

    on_block(market, noted)
    market.run()
    assert len(looks) >= len(left) - len(sealed) > 0
    for domain, times in sealed.items():
        looked = np.array([time for at, time, _, _ in looks if at == domain])
        # of a network that rollups have just entered the first block may come before anybody could look
        for time in times[1:]:
            assert np.isclose(looked, time - 0.25, rtol=1e-9, atol=0.0).any()
    path = opened(settings_).path
    for _, time, price, reserves in sorted(looks, key=lambda look: look[1]):
        path.advance(time)
        assert path.current[ETH] == price
        executed = [after for at, after in left if at <= time]
        assert not executed or reserves == executed[-1]


@pytest.mark.parametrize("regime", [name for name in INSTALLED if regimes.load(name).ordering["kind"] in DECIDED])
def test_whoever_orders_a_block_knows_the_world_up_to_its_sealing(regime: str) -> None:
    """Sequencers and builders alike; the price at which a block executes is that of its execution."""
    known: list[tuple[float, float]] = []

    def noted(seen: Any) -> Any:
        known.append((seen.time, float(seen.prices[ETH])))
        return untouched(np.arange(seen.due.size))

    players.ScriptedSequencer.script = lambda agent, seen: noted(seen)
    players.ScriptedBuilder.script = lambda agent, seen: Bid(noted(seen), 1.0, 1.0)
    treatment = regimes.load(regime).model_copy(update={"sequencer": "players:ScriptedSequencer"})
    horizon_s = max(20.0, 3.0 * (treatment.block_time_s or 0.0))
    settings_ = config(regime=treatment, horizon_s=horizon_s, agents=(players.builder(),))
    market = opened(settings_)
    slots: list[tuple[float, float, float]] = []
    on_block(market, lambda slot: slots.append((slot.sealed_at, slot.time, float(market.world.tables.prices[ETH]))))
    market.run()
    sealed = {sealed_at for sealed_at, _, _ in slots}
    decided = {time for time, _ in known}
    assert decided <= sealed
    assert len(decided) > 0.5 * len(sealed)  # a lottery may sell no ticket for a block
    path = opened(settings_).path
    for time, price in sorted([*known, *((executed_at, price) for _, executed_at, price in slots)]):
        path.advance(time)
        assert path.current[ETH] == price


@pytest.mark.parametrize("delay_s", [0.0, 0.7])
def test_the_author_of_a_block_knows_the_world_up_to_its_sealing(delay_s: float) -> None:
    """Sealed contents are opened later; the price at which they execute is one that the author has not seen."""
    known: list[tuple[float, float]] = []

    def order(agent: Any, seen: Any) -> Any:
        known.append((seen.time, float(seen.prices[ETH])))
        return untouched(np.arange(seen.due.size))

    players.ScriptedSequencer.script = order
    regime = regimes.load("encrypted").model_copy(
        update={"visibility": {"kind": "sealed", "decryption_s": delay_s}, "sequencer": "players:ScriptedSequencer"}
    )
    market = opened(config(regime=regime, horizon_s=20.0))
    slots: list[tuple[float, float, float]] = []
    on_block(market, lambda slot: slots.append((slot.sealed_at, slot.time, float(market.world.tables.prices[ETH]))))
    market.run()
    path = opened(config(regime=regime, horizon_s=20.0)).path
    assert len(known) >= len(slots) > 5
    for (time, price), (sealed_at, executed_at, at_execution) in zip(known, slots, strict=False):
        assert time == sealed_at
        assert executed_at == pytest.approx(sealed_at + delay_s)
        path.advance(sealed_at)
        assert path.current[ETH] == price
        path.advance(executed_at)
        assert path.current[ETH] == at_execution


def test_users_price_their_orders_at_what_was_there_when_they_sent_them() -> None:
    """A limit follows from reserves that no block has changed between the sending and the decision."""
    market = opened(config(horizon_s=20.0, regime="centralized_shared"))
    retail = market.populations[0]
    executed: list[float] = [0.0]
    seen: list[tuple[float, float]] = []
    submit = retail.submit

    def noted(time: float, until: float) -> np.ndarray:
        rows = submit(time, until)
        seen.extend((float(sent), executed[-1]) for sent in rows["sent"])
        return rows

    retail.submit = noted
    on_block(market, lambda slot: executed.append(slot.time))
    market.run()
    assert len(seen) > 40
    assert all(last <= sent for sent, last in seen)


# -- alarms ------------------------------------------------------------------------------------------------------------


def looks(script: Any, **changes: Any) -> tuple[list[float], Any]:
    """When a trader looked who sets alarms in its first look, and the market."""
    times: list[float] = []

    def act(agent: Any, seen: Any, desk: Any) -> None:
        if seen.time not in times:
            times.append(seen.time)
        agent.wake_at = np.inf
        if len(times) == 1 and seen.domain == 0:
            script(seen, desk)

    players.Scripted.script = act
    market = ran(config(agents=(players.trader(),), horizon_s=30.0, regime="centralized_shared", **changes))
    return times, market


def test_an_agent_looks_when_it_asked_to() -> None:
    times, _ = looks(lambda seen, desk: [desk.wake_at(at) for at in (17.125, 5.5, 5.5)])
    assert times[1:] == [5.5, 17.125]


def test_alarms_at_one_time_are_one_event_however_often_and_in_which_order_they_are_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An earlier alarm does not double those that are set for later: each time goes off once."""
    went_off: list[float] = []
    plain = Alarms.go_off

    def counted(alarms: Any) -> None:
        went_off.append(alarms._market.time)
        plain(alarms)

    monkeypatch.setattr(Alarms, "go_off", counted)
    times, _ = looks(lambda seen, desk: [desk.wake_at(at) for at in (17.0, 15.0, 13.0, 11.0, 15.0, 17.0)])
    assert times[1:] == [11.0, 13.0, 15.0, 17.0]
    assert went_off == [11.0, 13.0, 15.0, 17.0]


def test_an_agent_looks_at_the_first_moment_at_which_the_price_has_moved() -> None:
    eth = {"name": "ETH", "price_usd": 2000.0, "volatility": 10.0}
    moving = {"prices": PriceConfig(kind="gbm", step_s=0.25), "assets": (eth,)}
    times, market = looks(lambda seen, desk: desk.wake_on_price(ETH, 10.0), **moving)
    path = PricePath(market.config, opened(market.config).streams["prices"])
    path.advance(times[0])
    start = float(path.current[ETH])
    grid = np.arange(np.floor(times[0] / 0.25) + 1, 30.0 / 0.25) * 0.25
    prices = []
    for at in grid:
        path.advance(float(at))
        prices.append(float(path.current[ETH]))
    gone = np.abs(np.log(np.array(prices) / start)) >= 1e-3
    assert gone.any()
    assert times[1:] == [grid[np.argmax(gone)]]


def test_an_agent_looks_when_a_block_has_changed_its_pool() -> None:
    times, market = looks(lambda seen, desk: [desk.wake_on_change("pools", pool) for pool in (0, 1)])
    assert 1 <= len(times) - 1 <= 2
    blocks = {round(market.domains[0].phase + k * market.domains[0].block_time, 9) for k in range(20)}
    assert {round(time, 9) for time in times[1:]} <= blocks


def test_what_nobody_changes_wakes_nobody() -> None:
    times, _ = looks(lambda seen, desk: desk.wake_on_change("pools", 0), flow=FlowConfig(per_second=0.0))
    assert len(times) == 1


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda desk: desk.wake_at(float("nan")), "look at nan s"),
        (lambda desk: desk.wake_at(-1.0), "look at -1.0 s"),
        (lambda desk: desk.wake_on_price(USD, 5.0), "follows asset 0"),
        (lambda desk: desk.wake_on_price(ETH, 0.0), "move of 0.0 bp"),
        (lambda desk: desk.wake_on_change("balance", 0), "'balance'"),
        (lambda desk: desk.wake_on_change("pools", 99), "row 99"),
    ],
)
def test_an_impossible_alarm_is_the_strategy_s_fault(ask: Any, says: str) -> None:
    with pytest.raises(StrategyError, match=says):
        looks(lambda seen, desk: ask(desk))


def test_an_agent_that_looks_on_an_alarm_can_trade() -> None:
    sent: list[float] = []

    def act(agent: Any, seen: Any, desk: Any) -> None:
        if not sent:
            desk.wake_at(7.3)
        elif seen.time == 7.3 and 0 in seen.rollups:
            desk.pay(0, agent.account, USD, 1.0)
        sent.append(seen.time)

    players.Scripted.script = act
    market = opened(config(agents=(players.trader(),), horizon_s=20.0))
    paid: list[np.ndarray] = []
    account = next(agent.account for agent in market.participants if agent.role == "trader")
    on_block(market, lambda slot: paid.append(slot.rows[slot.rows["sender"] == account].copy()))
    market.run()
    rows = np.concatenate(paid)
    assert rows["sent"].tolist() == [7.3]
    assert rows["status"].tolist() == [Status.FILLED]
