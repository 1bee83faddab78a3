"""What a run needs is told before it starts, and what the machine has not is refused in one line."""

from __future__ import annotations

import math

import pytest
from worlds import config, lender, opened, rollup

from experiments.markets.scenarios import reference
from experiments.runs import machine, needs
from experiments.runs.run import run_one
from market.config import AgentConfig, FlowConfig, MarketConfig, PerpetualConfig
from market.errors import InputError

FREE = 16.0 * 2**30


def with_(**changes: object) -> MarketConfig:
    return reference().model_copy(update=changes)


def with_rollup(**changes: object) -> MarketConfig:
    base = reference()
    return base.model_copy(update={"rollups": (base.rollups[0].model_copy(update=changes), *base.rollups[1:])})


TOO_LARGE = {
    "flow.per_second": with_(flow=FlowConfig(per_second=1e9)),
    "agents.0.count": with_(agents=(AgentConfig(role="trader", strategy="arbitrageur", count=100_000),)),
    "rollups.0.borrowers": with_rollup(borrowers=10**10),
    "rollups.0.perpetuals.0.traders": with_rollup(perpetuals=(PerpetualConfig(traders=10**10),)),
    "horizon_s": with_(horizon_s=3.6e15),
    "rollups.block_time_s": with_rollup(block_time_s=1e-12),
    "prices.step_s": with_(prices=reference().prices.model_copy(update={"step_s": 1e-15})),
    "borrowers.attention_s": with_(borrowers=reference().borrowers.model_copy(update={"attention_s": 1e-20})),
}


@pytest.mark.parametrize("setting", TOO_LARGE)
def test_what_the_machine_has_not_is_refused_by_the_name_of_the_setting(
    setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "available", lambda: FREE)
    with pytest.raises(InputError) as refused:
        run_one(TOO_LARGE[setting], 1)
    message = str(refused.value)
    assert message.startswith(f"{setting} = ")
    assert "allowed: " in message
    assert "\n" not in message


def test_the_reference_scenario_fits() -> None:
    needs.estimate(reference()).check(2**30)


def test_each_of_several_processes_needs_its_own() -> None:
    need = needs.estimate(reference())
    need.check(need.memory_bytes)
    with pytest.raises(InputError, match="in each of 2 processes"):
        need.check(need.memory_bytes, 2)


@pytest.mark.parametrize("count", [10, 40])
def test_memory_is_told_within_a_factor_of_three_of_what_is_allocated(count: int) -> None:
    agents = (AgentConfig(role="trader", strategy="arbitrageur", count=count),)
    settings = config(
        rollup("a", lending=(lender(),), borrowers=200 * count), rollup("b"), agents=agents, horizon_s=1.0
    )
    market, need = opened(settings), needs.estimate(settings)
    state = market.world.state.cells.nbytes
    laid_out = [demand for demand in need.demands if demand.setting.startswith(("agents", "regime", "rollups"))]
    told = sum(demand.memory_bytes for demand in laid_out) - (count + 2) * needs.AGENT_BYTES
    told /= needs.STATES
    assert state / 3.0 <= told <= 3.0 * state


@pytest.mark.parametrize("regime", ["siloed", "centralized_shared", "pbs"])
def test_slots_and_intents_are_those_of_the_run(regime: str) -> None:
    settings = config(regime=regime, horizon_s=60.0)
    need, outcomes = needs.estimate(settings), run_one(settings, 1)
    assert abs(need.slots - float(outcomes["slots"])) <= len(settings.rollups)
    # Poisson arrivals at 4 a second for a minute and a window, and a few updates of oracles
    assert abs(need.intents - float(outcomes["intents"])) <= 5.0 * math.sqrt(240.0) + 20.0


def test_the_estimate_grows_with_what_it_is_made_of() -> None:
    small, long = needs.estimate(reference()), needs.estimate(with_(horizon_s=72_000.0))
    assert long.slots == pytest.approx(10.0 * small.slots)
    assert long.seconds > 5.0 * small.seconds
    assert needs.total([small, long]).slots == pytest.approx(11.0 * small.slots)


@pytest.mark.parametrize(
    ("seconds", "text"), [(5.0, "5 seconds"), (600.0, "10 minutes"), (36_000.0, "10 hours"), (864_000.0, "10 days")]
)
def test_times_are_told_in_the_unit_that_suits_them(seconds: float, text: str) -> None:
    assert needs.duration(seconds) == text


def test_amounts_beyond_floating_point_are_told_and_refused() -> None:
    need = needs.estimate(with_rollup(borrowers=10**400))
    assert math.isinf(need.memory_bytes)
    with pytest.raises(InputError, match=r"^rollups\.0\.borrowers = a number beyond"):
        need.check(FREE)


def test_what_is_taken_beyond_the_bound_is_an_error_and_the_bound_ends_with_its_context() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with machine.bounded(), pytest.raises(MemoryError):
        bytearray(int(machine.available()) * 4)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
