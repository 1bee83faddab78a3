"""The contract of every strategy that is installed, built in or plugged in; and what becomes of one that breaks it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import players
import pytest
from worlds import cast, config, intent, opened, ran, reported, stressed, swap

from agents.base import StrategicAgent
from agents.population import strategy_class
from agents.roles import FOLDERS, names
from experiments.runs.run import run_one
from market import regimes
from market.access.protocols import Arrangement, Bid
from market.config import AgentConfig, MarketConfig, RegimeConfig
from market.errors import InputError, StrategyError
from market.measures.outcomes import outcomes
from market.sequencing.ordering.base import untouched
from market.venues import Kind

INSTALLED = [(role, name) for role in FOLDERS for name in names(role)]
_roaming = regimes.load("roaming")
SEAT: dict[str, str | RegimeConfig] = {
    "sequencer": "siloed_extractive",
    "protocol": _roaming.model_copy(update={"domains": _roaming.domains | {"period_s": 4.0, "notice_s": 1.0}}),
}
"""A regime in which a role has something to do, where `pbs` gives it nothing."""
DECIDES = {"sequencer": "arrange", "builder": "build", "protocol": "choose"}
"""The method by which a role takes part, where that is not `act`."""

every_strategy = pytest.mark.parametrize(("role", "name"), INSTALLED, ids=[f"{r}-{n}" for r, n in INSTALLED])


@pytest.fixture(autouse=True)
def _no_scripts() -> Iterator[None]:
    yield
    players.Scripted.script = players.ScriptedSequencer.script = None
    players.ScriptedBuilder.script = players.ScriptedBuilder.hears = None


def floor(role: str, name: str, **parameters: Any) -> MarketConfig:
    """A stressed market in which two agents follow the strategy, among others of every role."""
    group = AgentConfig(role=role, strategy=name, count=2, parameters=parameters)  # pyright: ignore[reportArgumentType]
    return stressed(SEAT.get(role, "pbs"), agents=(group, *cast()), horizon_s=16.0)


def followers(market: Any, role: str, name: str) -> list[StrategicAgent]:
    found = strategy_class(role, name)
    return [agent for agent in market.participants if type(agent) is found]


def frozen(market: Any) -> tuple[bytes, ...]:
    """Everything that a strategy may look at and must not touch."""
    tables = market.world.tables
    # a look at the unhealthy positions may tighten the bounds that spare the next look
    bound, highest = tables.lending["key_bound"].copy(), tables.buckets["top"].copy()
    tables.lending["key_bound"], tables.buckets["top"] = 0.0, 0.0
    cells = market.world.state.cells.tobytes()
    tables.lending["key_bound"], tables.buckets["top"] = bound, highest
    waiting = tuple(market.mempool.waiting(domain.index).tobytes() for domain in market.domains)
    return (cells, market.public.pools.tobytes(), *waiting)


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    def plain(value: Any) -> Any:
        return "nan" if isinstance(value, float) and math.isnan(value) else value

    return {k: plain(v) for k, v in first.items()} == {k: plain(v) for k, v in second.items()}


# -- the contract ------------------------------------------------------------------------------------------------------


def test_there_are_strategies_for_every_role() -> None:
    assert {role for role, _ in INSTALLED} == set(FOLDERS)


@every_strategy
def test_it_takes_part_and_leaves_what_it_sees_alone(role: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # it is asked here also where nothing is there for which it looks
    monkeypatch.setattr(strategy_class(role, name), "reasons", None, raising=False)
    market = opened(floor(role, name))
    calls = 0

    def watched(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal calls
            before = frozen(market)
            result = method(*arguments)
            assert frozen(market) == before, f"{name} changed what it was shown"
            calls += 1
            return result

        return call

    agents = followers(market, role, name)
    assert agents
    for agent in agents:
        for method in ("act", "learn", *DECIDES.values()):
            if hasattr(agent, method):
                setattr(agent, method, watched(getattr(agent, method)))
    shared_stream = repr(market.rng.bit_generator.state), market.random.getstate()
    # some sleep for a while at first
    market.run_until(max(market.config.horizon_s, min(agent.wake_at for agent in agents) + 5.0))
    market.audit.check()
    assert calls > 0, "the strategy was never asked"
    assert reported(market)["conservation_error"] <= 1e-9
    # an agent draws from its own stream: the shared one would tie its draws to who else takes part
    assert (repr(market.rng.bit_generator.state), market.random.getstate()) == shared_stream


@every_strategy
def test_the_same_seed_gives_the_same_numbers(role: str, name: str) -> None:
    first, second = outcomes(ran(floor(role, name), 3)), outcomes(ran(floor(role, name), 3))
    assert same(first, second)


@every_strategy
def test_it_stands_for_its_role_and_says_what_it_does(role: str, name: str) -> None:
    found = strategy_class(role, name)
    assert issubclass(found, StrategicAgent)
    assert found.role == role
    assert (found.__doc__ or "").strip()


@every_strategy
def test_an_unknown_parameter_is_refused_with_those_that_exist(role: str, name: str) -> None:
    with pytest.raises(InputError, match=r"parameters: unknown name 'no_such_parameter'.*allowed: "):
        opened(floor(role, name, no_such_parameter=1))


@every_strategy
def test_it_is_no_strategy_of_another_role(role: str, name: str) -> None:
    found = strategy_class(role, name)
    for other in FOLDERS:
        if other != role:
            with pytest.raises(InputError, match="no strategy of role"):
                strategy_class(other, f"{found.__module__}:{found.__name__}")


# -- what becomes of a strategy that breaks it -------------------------------------------------------------------------


def one(strategy: str, **parameters: Any) -> tuple[AgentConfig, ...]:
    return (AgentConfig(role="trader", strategy=strategy, parameters=parameters),)


def test_a_strategy_that_raises_fails_its_run_and_is_named() -> None:
    with pytest.raises(StrategyError) as caught:
        ran(config(agents=one("players:Raiser", after_s=3.0)), 11)
    message = str(caught.value)
    assert message.startswith("Raiser 0: raised KeyError: 'nobody expected this'")
    assert "seed 11" in message
    assert "slot " in message
    assert "\n" not in message


def test_a_number_that_is_not_finite_fails_the_run_and_names_the_intent() -> None:
    with pytest.raises(StrategyError, match=r"^Divider 0: intent 0 .*amount=nan.*slot 0.*seed 12"):
        ran(config(agents=one("players:Divider")), 12)


def test_a_failed_run_fails_no_other() -> None:
    """Before and after a run that fails, the same configuration and seed give the same outcomes."""
    good, bad = config(horizon_s=8.0), config(agents=one("players:Divider"), horizon_s=8.0)
    before = run_one(good, 4)
    with pytest.raises(StrategyError):
        run_one(bad, 4)
    after = run_one(good, 4)
    del before["seconds"], after["seconds"]
    assert same(before, after)


@pytest.mark.parametrize(
    ("strategy", "what"),
    [
        ("arbitrager", r"unknown name 'arbitrager' \(did you mean 'arbitrageur'\?\); allowed: "),
        ("nowhere:Strategy", "cannot import 'nowhere'"),
        ("players:Absent", "no subclass of agents.base.StrategicAgent"),
        ("players:ScriptedBuilder", "no strategy of role 'trader'"),
    ],
)
def test_a_strategy_that_does_not_exist_is_refused_in_one_line(strategy: str, what: str) -> None:
    with pytest.raises(InputError, match=what) as caught:
        opened(config(agents=one(strategy)))
    assert "\n" not in str(caught.value)


def raises(*_: Any) -> None:
    raise ZeroDivisionError("division by zero")


def leads(script: Callable[..., Any]) -> None:
    """Run a market in which the leader orders as the script says."""
    players.ScriptedSequencer.script = script
    ran(config(regime="siloed_extractive", agents=(players.sequencer(),), horizon_s=6.0))


def builds(script: Callable[..., Any], hears: Callable[..., Any] | None = None) -> None:
    """Run a market in which a builder bids as the script says."""
    players.ScriptedBuilder.script, players.ScriptedBuilder.hears = script, hears
    ran(config(regime="pbs", agents=(players.builder(),), horizon_s=8.0))


def offer(amount: float) -> Callable[..., Bid]:
    return lambda agent, seen: Bid(untouched(np.arange(seen.due.size)), amount, 0.0)


def inserts(**fields: Any) -> Callable[..., Arrangement]:
    """A leader that inserts one swap of its own with the given fields."""

    def arrange(agent: Any, seen: Any) -> Arrangement:
        row = swap(agent.account, 10.0)
        row["rollup"], row["venue"] = seen.rollups[0], seen.rollups[0]
        for name, value in fields.items():
            row[name] = value(seen) if callable(value) else value
        return Arrangement(np.array([-1]), np.array([-1]), row)

    return arrange


def test_a_leader_and_a_builder_that_raise_are_named() -> None:
    with pytest.raises(StrategyError, match=r"^sequencer \d: raised ZeroDivisionError"):
        leads(raises)
    with pytest.raises(StrategyError, match=r"^ScriptedBuilder 0: raised ZeroDivisionError"):
        builds(raises)


def test_an_insertion_on_its_own_rollup_is_allowed() -> None:
    leads(inserts())


@pytest.mark.parametrize(
    "arrangement",
    [
        lambda agent, seen: Arrangement(np.zeros(2, np.int64), np.full(2, -1), players.NO_ROWS),
        lambda agent, seen: Arrangement(np.array([10**6]), np.full(1, -1), players.NO_ROWS),
        lambda agent, seen: Arrangement(np.array([-1]), np.full(1, -1), players.NO_ROWS),
        inserts(sender=lambda seen: seen.account + 1),
    ],
    ids=["duplicate", "not pending", "not handed in", "foreign"],
)
def test_a_leader_that_breaks_the_rules_of_a_block_is_named(arrangement: Callable[..., Any]) -> None:
    with pytest.raises(StrategyError, match=r"^sequencer \d: its block .*seed 1"):
        leads(arrangement)


@pytest.mark.parametrize("amount", [math.nan, math.inf, -1.0])
def test_a_bid_that_is_no_amount_of_money_is_a_fault(amount: float) -> None:
    with pytest.raises(StrategyError, match=r"^ScriptedBuilder 0: bids .*finite and not negative"):
        builds(offer(amount))


def test_a_bid_that_cannot_be_paid_is_a_fault() -> None:
    with pytest.raises(StrategyError, match=r"^ScriptedBuilder 0: bids .* more than it has in the domain"):
        builds(offer(1e9))


def test_a_block_of_intents_that_the_builder_did_not_receive_is_a_fault() -> None:
    with pytest.raises(
        StrategyError,
        match=r"its block (names an intent|orders 1 intents; there are 0 pending)",
    ):
        builds(lambda agent, seen: Bid(untouched(np.array([seen.due.size])), 1.0, 0.0))


def test_a_builder_that_raises_at_the_outcome_is_named() -> None:
    with pytest.raises(StrategyError, match=r"^ScriptedBuilder 0: raised ZeroDivisionError"):
        builds(offer(1.0), raises)


def test_a_builder_that_returns_no_bid_is_named() -> None:
    with pytest.raises(StrategyError, match=r"^ScriptedBuilder 0: "):
        builds(lambda agent, seen: None)


def test_a_leader_inserts_on_the_rollups_of_its_domain_only() -> None:
    with pytest.raises(StrategyError, match=r"^sequencer \d: its block "):
        leads(inserts(rollup=lambda seen: 1 - seen.rollups[0], venue=lambda seen: 1 - seen.rollups[0]))


@pytest.mark.parametrize("field", ["amount", "limit", "tip"])
def test_an_insertion_with_a_number_that_is_not_finite_is_a_fault(field: str) -> None:
    with pytest.raises(StrategyError, match=r"^sequencer \d: "):
        leads(inserts(**{field: math.nan}))


def test_an_arrangement_whose_arrays_differ_in_length_is_a_fault() -> None:
    with pytest.raises(StrategyError, match=r"^sequencer \d: "):
        leads(lambda agent, seen: Arrangement(np.arange(seen.due.size), np.zeros(0, np.int64), players.NO_ROWS))


def test_a_tip_that_nobody_can_pay_ruins_no_builder() -> None:
    """One trader's absurd tip is reverted; it must not fail the run of the builders that read it."""

    def boast(agent: Any, seen: Any, desk: Any) -> None:
        desk.swap(0, 0, 1, 1.0, 0.0, tip=1e9)

    players.Scripted.script = boast
    ran(config(regime="pbs", agents=(players.trader(), *cast()), horizon_s=6.0))


def test_kinds_of_rows_are_numbers_that_the_market_knows() -> None:
    assert intent(Kind.PAYMENT)["kind"] == int(Kind.PAYMENT)
