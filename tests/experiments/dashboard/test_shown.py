"""What is chosen on the page is a configuration of ``simulate``, and what is stepped is the market that it runs."""

from __future__ import annotations

import json
import math
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.__main__ import main
from experiments.cli import arguments, simulate
from experiments.dashboard import levers, written
from experiments.dashboard.shown import Shown
from experiments.markets import scenarios
from experiments.runs import configuration
from experiments.runs.run import run_one
from market import regimes
from market.config import MarketConfig

CHOSEN = {
    "regime": "pbs",
    "seed": 3,
    "minutes": 1,
    "volatility": 1.5,
    "breaker": "30,000",
    "group_5": "inventory_arbitrageur",
    "more": "horizon_s=20.5; rollups.1.gas_usd=0.5",
}


def choices() -> st.SearchStrategy[dict[str, Any]]:
    """Anything that may be chosen, but for settings that are typed."""

    def values(lever: levers.Lever) -> st.SearchStrategy[Any]:
        if lever.among is None:
            return st.booleans() if isinstance(lever.first, bool) else st.just("rollups.0.pools.0.fee_bp=7.5")
        if isinstance(lever.first, str):
            return st.sampled_from(list(lever.among))
        low, high, step = lever.among
        return st.integers(0, round((high - low) / step)).map(lambda steps: low + steps * step)

    every = {name: values(lever) for name, lever in levers.levers().items()}
    return st.fixed_dictionaries({}, optional=every)


def run(words: str) -> dict[str, Any]:
    """Configuration that a command of ``simulate`` amounts to, and its seed."""
    asked = arguments.parser().parse_args(shlex.split(words.removeprefix("uv run seqmarket ")))
    return {"config": simulate.configure(asked, None), "seed": asked.seed}


def exact(outcomes: dict[str, Any]) -> dict[str, str]:
    """Outcomes to the last digit, wall-clock time aside."""
    return {key: repr(value) for key, value in outcomes.items() if key != "seconds"}


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=choices())
def test_command_and_file_say_what_is_shown(tmp_path: Path, chosen: dict[str, Any]) -> None:
    config, seed = levers.configured(chosen), chosen.get("seed", levers.SEED)
    assert run(written.command(chosen)) == {"config": config, "seed": seed}
    text = written.toml(config, seed)
    file = tmp_path / "market.toml"
    file.write_text(text)
    line = text.splitlines()[0].removeprefix("# seqmarket ").replace("market.toml", str(file))
    assert run(line) == {"config": config, "seed": seed}


@pytest.mark.parametrize("name", regimes.names())
def test_a_regime_is_written_down_whole(tmp_path: Path, name: str) -> None:
    (tmp_path / "market.toml").write_text(written.toml(levers.configured({"regime": name}), 1))
    base = scenarios.reference(regime=regimes.load("siloed"))
    assert configuration.load(tmp_path / "market.toml", [], base).regime == regimes.load(name)


def test_choices_that_are_those_of_simulate_are_no_settings() -> None:
    chosen = {"minutes": 120, "regime": "siloed"}
    assert levers.settings(chosen) == []
    assert written.command(chosen) == "uv run seqmarket simulate --regime siloed --seed 1"
    assert written.toml(levers.configured(chosen), 1).splitlines() == [
        "# seqmarket simulate --config market.toml --seed 1"
    ]


def test_the_crash_is_in_the_middle_of_any_run() -> None:
    def episodes(**chosen: Any) -> tuple:
        return levers.configured(chosen).prices.episodes

    for minutes in (5, 120):
        whole = scenarios.reference(quick=minutes == 5)
        assert (episodes(minutes=minutes), whole.horizon_s) == (whole.prices.episodes, 60.0 * minutes)
    assert episodes(crash=False) == ()


def test_the_numbers_are_those_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown(**CHOSEN)
    while shown.running:
        shown.step()
    assert shown.market is not None
    assert (shown.complaint, shown.market.time) == ("", 20.5)
    assert shown.outcomes["filled"] > 50
    assert main([*shlex.split(written.command(shown.chosen).removeprefix("uv run seqmarket ")), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert exact({key: math.nan if value is None else value for key, value in found.items()}) == exact(shown.outcomes)


def test_being_looked_at_changes_nothing() -> None:
    shown = Shown(**CHOSEN)
    while shown.running:
        shown.step()
        assert len(shown.outcomes) > 50
    assert exact(run_one(levers.configured(CHOSEN), 3)) == exact(shown.outcomes)


def test_stepping_past_the_end_is_nothing() -> None:
    shown = Shown(more="horizon_s=2")
    for _ in range(5):
        shown.step()
    assert shown.market is not None
    assert (shown.running, shown.market.time) == (False, 2.0)
    assert shown.state == f"{levers.REGIME}, seed 1: 2 of 2 s, {shown.market.tally.slots} slots"


def test_no_market_goes_on_once_the_page_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Shown(more="horizon_s=2")
    monkeypatch.setattr("experiments.dashboard.shown.ENDING.is_set", lambda: True)
    market.step()
    assert market.market is not None
    assert (market.running, market.market.time) == (False, 0.0)


@pytest.mark.parametrize(
    ("chosen", "complaint"),
    [
        ({"more": "flow.per_second=-1"}, "--set flow.per_second: got -1; allowed: "),
        ({"more": "flow.per_secnd=1"}, "--set flow.per_secnd: unknown key 'per_secnd' (did you mean 'per_second'?)"),
        ({"more": "nonsense"}, "--set nonsense: not a setting"),
        ({"regime": "nonsense"}, "market/regimes: unknown name 'nonsense'"),
        ({"more": "horizon_s=1e15"}, "horizon_s"),
        ({"nonsense": 1}, "levers: nonsense: no such lever"),
        ({"more": "agents.trader.0.strategy=nonsense"}, "agents.strategy: unknown name 'nonsense'"),
    ],
)
def test_a_mistake_is_one_line_and_no_market(chosen: dict[str, Any], complaint: str) -> None:
    shown = Shown(**chosen)
    assert complaint in shown.complaint
    assert "\n" not in shown.complaint
    shown.step()
    assert (shown.market, shown.running, shown.outcomes, shown.state) == (None, False, {}, "no market")


def test_a_strategy_that_fails_ends_its_market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tripping.py").write_text(
        "from agents.traders.arbitrageur import Arbitrageur\n\n\n"
        "class Trips(Arbitrageur):\n    def act(self, seen, desk):\n        raise RuntimeError('over its feet')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    shown = Shown(more='agents.trader.1={strategy="tripping:Trips", parameters={}}')
    shown.step()
    assert "over its feet" in shown.complaint
    assert "Trips" in shown.complaint
    assert not shown.running


def test_strategies_come_with_parameters_of_their_own() -> None:
    base: MarketConfig = scenarios.reference()
    for group, agents in enumerate(base.agents):
        for name in levers.levers()[f"group_{group}"].among or ():
            found = levers.configured({f"group_{group}": name}).agents[group]
            assert found.parameters == (agents.parameters if name == agents.strategy else {})


def test_options_are_quoted_where_they_are_chosen() -> None:
    [maker] = [name for name, lever in levers.levers().items() if lever.label.startswith("market maker.0:")]
    shown = Shown(options=True, more="horizon_s=5", **{maker: "fixed_spread"})
    while shown.running:
        shown.step()
    assert shown.complaint == ""
    assert any(row["bid_volatility"] > 0.0 for row in shown.records["smile"].chain)
