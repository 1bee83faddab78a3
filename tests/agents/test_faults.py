"""Whatever a strategy or a recorder does to its run: the run fails under its name, and nothing else does."""

from __future__ import annotations

import math
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import players
import pytest
from worlds import config

from experiments.runs.run import run_one
from market.access.protocols import Arrangement, Bid
from market.config import AgentConfig
from market.errors import LONGEST, AccountingError, InputError, StrategyError, message_of
from market.interrupts import Pressed, told_apart
from market.measures.recorder import Recorder
from market.sequencing.ordering.base import untouched


@pytest.fixture(autouse=True)
def _no_scripts() -> Iterator[None]:
    yield
    players.Scripted.script = players.ScriptedSequencer.script = None
    players.ScriptedBuilder.script = players.ScriptedBuilder.hears = None


def acts(script: Callable[..., Any]) -> None:
    players.Scripted.script = script
    run_one(config(agents=(players.trader(),), horizon_s=5.0), 1)


def orders(script: Callable[..., Any]) -> None:
    players.ScriptedSequencer.script = script
    run_one(config(regime="siloed_extractive", agents=(players.sequencer(),), horizon_s=5.0), 1)


def bids(script: Callable[..., Any]) -> None:
    players.ScriptedBuilder.script = script
    run_one(config(regime="pbs", agents=(players.builder(),), horizon_s=5.0), 1)


def deeper(depth: int) -> int:
    return deeper(depth + 1)  # of one argument: Python 3.13.0 does not count calls with any number of them


def recurses(*_: Any) -> int:
    return deeper(0)


def raising(error: BaseException) -> Callable[..., Any]:
    def act(*_: Any) -> Any:
        raise error

    return act


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise ValueError


def warns(*_: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.warn("odd", stacklevel=1)


ENDS = {
    "exit": (lambda *_: sys.exit(0), "SystemExit: 0"),
    "interrupt": (raising(KeyboardInterrupt()), "KeyboardInterrupt"),
    "generator exit": (raising(GeneratorExit()), "GeneratorExit"),
    "base": (raising(BaseException("base")), "BaseException: base"),
    "recursion": (recurses, "RecursionError"),
    "memory": (lambda *_: np.zeros(1 << 55), "MemoryError"),
    "warning": (warns, "UserWarning: odd"),
    "bad input": (raising(InputError("mine")), "InputError: mine"),
    "unspeakable": (raising(UnspeakableError()), "its message cannot be read"),
    "many lines": (raising(ValueError("a\nb" * 10_000)), "ValueError: a ba b"),
}


@pytest.mark.parametrize("fault", ENDS)
@pytest.mark.parametrize(("run", "name"), [(acts, "Scripted 0"), (orders, "sequencer 0"), (bids, "ScriptedBuilder 0")])
def test_whatever_is_raised_in_a_turn_is_the_strategys_fault(run: Callable[..., None], name: str, fault: str) -> None:
    script, what = ENDS[fault]
    with pytest.raises(StrategyError) as failed:
        run(script)
    message = str(failed.value)
    assert message.startswith(f"{name[:-1]}")
    assert what in message
    assert message.endswith("seed 1)")
    assert "\n" not in message
    assert len(message) < LONGEST + 150


def test_a_constructor_that_raises_is_named() -> None:
    for error in (OSError("gone"), SystemExit(0)):
        with pytest.raises(StrategyError, match=r"^Newcomer 0: raised (OSError: gone|SystemExit: 0) \(slot 0"):
            run_one(config(agents=(_newcomer(error),)), 1)


def _newcomer(error: BaseException) -> AgentConfig:
    class Newcomer(players.Trader):
        def __init__(self, seat: Any) -> None:
            raise error

    players.Newcomer = Newcomer  # type: ignore[attr-defined]
    Newcomer.__module__ = "players"
    return AgentConfig(role="trader", strategy="players:Newcomer")


@pytest.mark.parametrize("wakes", [math.nan, -1.0, 0.5, "soon", None, 1j])
def test_a_time_to_wake_that_is_none_is_a_fault(wakes: Any) -> None:
    def act(agent: Any, seen: Any, desk: Any) -> None:
        if seen.time > 1.0:
            agent.wake_at = wakes

    with pytest.raises(StrategyError, match=r"^Scripted 0: raised ValueError: wake_at = "):
        acts(act)


def test_to_wake_never_again_is_allowed() -> None:
    calls = []

    def act(agent: Any, seen: Any, desk: Any) -> None:
        calls.append(seen.time)
        agent.wake_at = math.inf

    acts(act)
    assert len(calls) == 1


@pytest.mark.parametrize("latency", [math.nan, -0.1, math.inf, "late", None])
def test_a_latency_that_is_none_is_a_fault(latency: Any) -> None:
    def act(agent: Any, seen: Any, desk: Any) -> None:
        type(agent).latency_s = property(lambda _: latency)
        try:
            desk.swap(0, 0, 1, 1.0, 0.0)
        finally:
            del type(agent).latency_s

    with pytest.raises(StrategyError, match=r"^Scripted 0: raised ValueError: latency_s = "):
        acts(act)


@pytest.mark.parametrize("expires_s", [math.nan, -1e-9, -math.inf])
def test_an_expiry_before_now_is_a_fault(expires_s: float) -> None:
    with pytest.raises(StrategyError, match=r"^Scripted 0: intent 0 expires after .*allowed: a time from now on"):
        acts(lambda agent, seen, desk: desk.swap(0, 0, 1, 1.0, 0.0, expires_s=expires_s))


def test_submitting_after_ones_turn_is_a_fault_of_who_does_it() -> None:
    kept: list[Any] = []
    players.Scripted.learn = lambda self, receipts: kept[0].swap(0, 0, 1, 1.0, 0.0)  # type: ignore[method-assign]
    try:
        with pytest.raises(StrategyError, match=r"^Scripted 0: raised OutOfTurnError: .*outside of `act`"):
            acts(lambda agent, seen, desk: (kept.append(desk), desk.swap(0, 0, 1, 1.0, 0.0)))
    finally:
        del players.Scripted.learn


EMPTY = np.zeros(0, np.int64)
ARRANGEMENTS = {
    "none": None,
    "tuple": (EMPTY, EMPTY, players.NO_ROWS),
    "lists": Arrangement([], [], players.NO_ROWS),  # type: ignore[arg-type]
    "floats": Arrangement(np.array([0.5]), np.array([-1.0]), players.NO_ROWS),
    "two dimensions": Arrangement(np.zeros((1, 1), np.int64), np.zeros((1, 1), np.int64), players.NO_ROWS),
    "huge": Arrangement(np.arange(2_000_000), np.full(2_000_000, -1), players.NO_ROWS),
    "foreign rows": Arrangement(EMPTY, EMPTY, np.zeros(1)),
}


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_what_is_no_arrangement_is_a_fault(arrangement: str) -> None:
    given = ARRANGEMENTS[arrangement]
    with pytest.raises(StrategyError, match=r"^sequencer \d: .*its block "):
        orders(lambda agent, seen: given)
    with pytest.raises(StrategyError, match=r"^ScriptedBuilder 0: its block "):
        bids(lambda agent, seen: Bid(given, 0.0, 0.0))  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [None, "1", math.nan, True, [1.0]])
def test_a_bid_or_value_that_is_no_number_is_a_fault(number: Any) -> None:
    for amount, value in ((number, 0.0), (0.0, number)):
        with pytest.raises(StrategyError, match=r"^ScriptedBuilder 0: (bids|expects to earn) "):
            bids(lambda agent, seen, a=amount, v=value: Bid(untouched(np.arange(seen.due.size)), a, v))


@pytest.mark.parametrize("every", [1, 3, 256])
def test_whoever_writes_to_balances_is_named_with_the_slot(every: int) -> None:
    def act(agent: Any, seen: Any, desk: Any) -> None:
        if seen.slot == 2 and agent.name == "Scripted 1":
            seen._market.world.tables.balance[agent.account, 0, 0] += 1e9

    players.Scripted.script = act
    agents = (players.trader(count=3),)
    with pytest.raises(StrategyError, match=r"^Scripted 1: changed balances in its own turn.*\(slot [45], .*seed 1\)"):
        run_one(config(agents=agents, horizon_s=8.0, audit_every=every), 1)


def test_books_that_nobody_wrote_to_are_the_markets_fault() -> None:
    class Tampers(Recorder):
        def on_start(self, market: Any) -> None:
            self.market = market

        def on_block(self, slot: Any) -> None:
            self.market.world.tables.balance[0, 0, 0] += 1e9

    with pytest.raises(AccountingError, match=r"total of USD drifted"):
        run_one(config(agents=(players.trader(),), horizon_s=4.0, audit_every=1), 1, [Tampers()])


@pytest.mark.parametrize("method", ["on_start", "before_block", "on_block", "on_second", "close"])
def test_a_recorder_that_raises_or_exits_is_named(method: str) -> None:
    for error in (ZeroDivisionError("none"), SystemExit(0)):
        recorder = type("Clumsy", (Recorder,), {method: raising(error)})()
        with pytest.raises(StrategyError, match=r"^Clumsy: raised (ZeroDivisionError: none|SystemExit: 0) .*seed 1"):
            run_one(config(horizon_s=3.0), 1, [recorder])


@pytest.fixture
def _listens() -> Iterator[None]:
    """Python hears Ctrl-C, also where the tests were started in the background of a shell, which lets it be ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_listens")
def test_ctrl_c_is_no_strategys_fault() -> None:
    with pytest.raises(Pressed):
        acts(lambda *_: os.kill(os.getpid(), signal.SIGINT))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with told_apart(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_messages_of_others_are_one_line_of_a_bounded_length() -> None:
    assert message_of(ValueError("a\n\tb")) == "a b"
    assert len(message_of(ValueError("x" * 10**6))) <= LONGEST + 3
