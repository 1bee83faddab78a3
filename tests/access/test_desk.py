"""The desk: what a call becomes, which calls are a strategy's fault, and that nobody speaks for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import players
import pytest
from worlds import ETH, USD, config, lender, on_block, opened, rollup

from market.config import AgentConfig, FlowConfig, MarketConfig
from market.errors import StrategyError
from market.intents.rows import Purpose, Reason, Status
from market.venues import Kind

type Script = Callable[[Any, Any, Any], None]

QUIET = FlowConfig(per_second=0.0)


@pytest.fixture(autouse=True)
def _no_scripts() -> Iterator[None]:
    yield
    players.Scripted.script = None


def floor(**changes: Any) -> MarketConfig:
    """Two rollups without retail flow, with one scripted trader unless changed."""
    both = (rollup("a", lending=(lender(),), borrowers=1), rollup("b"))
    settings: dict[str, Any] = {"flow": QUIET, "agents": (players.trader(),), "horizon_s": 3.0}
    return config(*both, **settings | changes)


def submitted(script: Script, **changes: Any) -> np.ndarray:
    """Receipts of what a scripted trader does in its first slot."""
    calls: list[object] = []

    def once(agent: Any, seen: Any, desk: Any) -> None:
        if not calls:
            calls.append(None)
            script(agent, seen, desk)

    players.Scripted.script = once
    market = opened(floor(**changes))
    parts: list[np.ndarray] = []

    def noted(slot: Any) -> None:
        parts.append(slot.rows.copy())

    on_block(market, noted)
    market.run()
    rows = np.concatenate(parts)
    return rows[np.argsort(rows["id"])]


def every_call(agent: Any, seen: Any, desk: Any) -> None:
    """One call of each method; all on rollup 0 so that any domain can take them."""
    desk.swap(0, USD, ETH, 100.0, 0.01, tip=0.5)
    desk.outside(0, USD, ETH, 100.0, 0.03)
    desk.liquidate(0, 0, 50.0, debt=USD, collateral=ETH)
    desk.add_liquidity(0, 1.0, 3000.0)
    desk.remove_liquidity(0, 2.0)
    desk.position(Kind.DEPOSIT, 0, 0, 0.25)
    desk.position(Kind.REPAY, 0, 0, 10.0)
    desk.bridge(0, 0, USD, 20.0)
    desk.pay(0, 0, USD, 7.0)


def test_every_call_becomes_the_row_that_it_says() -> None:
    rows = submitted(every_call)
    assert [Kind(kind).name for kind in rows["kind"]] == [
        *("SWAP", "OUTSIDE", "LIQUIDATE", "ADD_LIQUIDITY", "REMOVE_LIQUIDITY", "DEPOSIT", "REPAY", "BRIDGE", "PAYMENT")
    ]
    assert rows["amount"].tolist() == [100.0, 100.0, 50.0, 1.0, 2.0, 0.25, 10.0, 20.0, 7.0]
    assert rows["limit"].tolist() == [0.01, 0.03, 0.0, 3000.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert (rows["sender"] == rows["sender"][0]).all()
    assert (rows["rollup"] == 0).all()
    assert [Reason(reason).name for reason in rows["reason"]] == [
        *("NONE", "NONE", "HEALTHY", "NOT_ALLOWED", "NOT_ALLOWED", "NONE", "NONE", "NONE", "NONE")
    ]


def test_messages_arrive_after_the_agents_latency() -> None:
    slow = AgentConfig(role="trader", strategy="players:Scripted", latency_s=0.05, latency_spread_s=0.0)
    rows = submitted(lambda agent, seen, desk: desk.swap(0, USD, ETH, 1.0, 0.0), agents=(slow,))
    [delay] = rows["arrival"] - rows["sent"]
    assert 0.025 <= delay <= 0.075


def test_a_message_that_comes_after_the_sealing_waits_for_the_next_block() -> None:
    """Agents look 0.1 s before a block is sealed, and blocks of a shared domain are 2 s apart."""

    def script(agent: Any, seen: Any, desk: Any) -> None:
        desk.swap(0, USD, ETH, 1.0, 0.0)

    late = AgentConfig(role="trader", strategy="players:Scripted", latency_s=0.3, latency_spread_s=0.0)
    [prompt] = submitted(script, regime="centralized_shared", horizon_s=8.0)
    [waited] = submitted(script, regime="centralized_shared", horizon_s=8.0, agents=(late,))
    assert prompt["executed"] - prompt["sent"] == pytest.approx(0.1)
    assert waited["executed"] - waited["sent"] == pytest.approx(2.1)


FAULTS: list[tuple[str, Script, str]] = [
    ("NaN amount", lambda a, s, d: d.swap(0, 0, 1, float("nan"), 0.0), "not finite"),
    ("infinite amount", lambda a, s, d: d.outside(0, 0, 1, float("inf")), "not finite"),
    ("a range of a constant product", lambda a, s, d: d.mint_range(0, 0, 10, 1.0), "not concentrated"),
    ("NaN limit", lambda a, s, d: d.swap(0, 0, 1, 1.0, float("nan")), "not finite"),
    ("NaN tip", lambda a, s, d: d.swap(0, 0, 1, 1.0, 0.0, tip=float("nan")), "not finite"),
    ("negative tip", lambda a, s, d: d.swap(0, 0, 1, 1.0, 0.0, tip=-0.01), "negative tip"),
    ("unknown pool", lambda a, s, d: d.swap(9, 0, 1, 1.0, 0.0), "names pool 9; there are 2"),
    ("negative pool", lambda a, s, d: d.swap(-1, 0, 1, 1.0, 0.0), "names pool -1"),
    ("unknown market", lambda a, s, d: d.position(Kind.DEPOSIT, 4, 0, 1.0), "names lending market 4; there are 1"),
    ("unknown bridge", lambda a, s, d: d.bridge(3, 0, 0, 1.0), "names bridge 3; there are 1"),
    ("no change of a position", lambda a, s, d: d.position(Kind.SWAP, 0, 0, 1.0), "no change of a position"),
    ("half an asset", lambda a, s, d: d.swap(0, 0.5, 1, 1.0, 0.0), "has a field of the wrong type"),
    ("text for a number", lambda a, s, d: d.swap(0, 0, 1, "much", 0.0), "raised TypeError"),
]


@pytest.mark.parametrize(("script", "what"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_a_call_that_no_market_can_carry_out_fails_the_run_and_says_whose_it_is(script: Script, what: str) -> None:
    with pytest.raises(StrategyError) as caught:
        submitted(script)
    message = str(caught.value)
    assert what in message
    assert message.startswith("Scripted 0: ")
    assert "slot 0" in message
    assert "seed 1" in message
    assert "\n" not in message


def test_a_fault_names_the_intent() -> None:
    def third(agent: Any, seen: Any, desk: Any) -> None:
        desk.swap(0, USD, ETH, 1.0, 0.0)
        desk.swap(0, USD, ETH, 1.0, 0.0)
        desk.swap(0, USD, ETH, float("nan"), 0.0)

    with pytest.raises(StrategyError, match="intent 2 has a number that is not finite: amount=nan"):
        submitted(third)


def test_a_bundle_lives_in_one_domain() -> None:
    def across(agent: Any, seen: Any, desk: Any) -> None:
        bundle = desk.bundle()
        desk.swap(0, USD, ETH, 100.0, 0.0, bundle=bundle)
        desk.swap(1, ETH, USD, 0.01, 0.0, bundle=bundle)

    with pytest.raises(StrategyError, match="into a bundle of another domain"):
        submitted(across)
    rows = submitted(across, regime="centralized_shared", horizon_s=5.0)
    assert rows["rollup"].tolist() == [0, 1]
    assert (rows["status"] == Status.FILLED).all()
    assert len(set(rows["bundle"].tolist())) == 1


def test_a_bundle_of_the_desk_executes_all_or_none() -> None:
    def doomed(agent: Any, seen: Any, desk: Any) -> None:
        bundle = desk.bundle()
        desk.swap(0, USD, ETH, 100.0, 0.0, bundle=bundle)
        desk.pay(0, 0, USD, 1e12, bundle=bundle)

    rows = submitted(doomed)
    assert [Reason(reason).name for reason in rows["reason"]] == ["BUNDLE", "INSUFFICIENT_BALANCE"]


def test_the_desk_takes_as_many_rows_as_are_handed_in() -> None:
    def many(agent: Any, seen: Any, desk: Any) -> None:
        for _ in range(3000):
            desk.pay(0, agent.account, USD, 1.0)

    assert submitted(many).size == 3000


def test_nobody_joins_anothers_bundle() -> None:
    """Two traders; the second writes the first one's number on an intent that must fail."""
    opened_by_first: list[int] = []

    def play(agent: Any, seen: Any, desk: Any) -> None:
        if agent.name.endswith("0"):
            opened_by_first.append(desk.bundle())
            desk.pay(0, 0, USD, 5.0, bundle=opened_by_first[-1])
        else:
            desk.pay(0, 0, USD, 1e12, bundle=opened_by_first[-1])

    players.Scripted.script = play
    market = opened(floor(agents=(players.trader(count=2),), horizon_s=1.5))
    try:
        market.run()
    except StrategyError as error:
        assert str(error).startswith("Scripted 1: ")
        return
    assert market.tally.statuses[Status.FILLED] > 0, "the second trader reverted the first one's intent"


def test_a_bundle_that_is_interrupted_stays_one_or_is_a_fault() -> None:
    def interrupted(agent: Any, seen: Any, desk: Any) -> None:
        bundle = desk.bundle()
        desk.pay(0, 0, USD, 5.0, bundle=bundle)
        desk.swap(0, USD, ETH, 1.0, 0.0)
        desk.pay(0, 0, USD, 1e12, bundle=bundle)

    try:
        rows = submitted(interrupted)
    except StrategyError:
        return
    payments = rows[rows["kind"] == Kind.PAYMENT]
    assert (payments["status"] == Status.REVERTED).all()


@pytest.mark.parametrize("place", [9, -1])
def test_an_unknown_rollup_is_the_strategys_fault(place: int) -> None:
    with pytest.raises(StrategyError, match="rollup"):
        submitted(lambda agent, seen, desk: desk.outside(place, USD, ETH, 1.0))


def test_an_unknown_purpose_is_the_strategys_fault() -> None:
    """Purposes index the table of gains: a number beyond it would be written into other memory."""
    beyond = len(Purpose)
    with pytest.raises(StrategyError, match="purpose"):
        submitted(lambda agent, seen, desk: desk.pay(0, 0, USD, 1.0) or desk.swap(0, 0, 1, 0.0, 0.0, purpose=beyond))
