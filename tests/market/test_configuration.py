"""Configurations from files and settings, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.runs import configuration
from market.config import AgentConfig, EpisodeConfig, MarketConfig, PriceConfig, RegimeConfig, RollupConfig
from market.errors import InputError

BASE = MarketConfig(
    rollups=(RollupConfig(name="one"), RollupConfig(name="two", block_time_s=0.25)),
    regime=RegimeConfig(name="siloed", leader={"kind": "operator", "share": 0.5}),
    prices=PriceConfig(kind="merton", episodes=(EpisodeConfig(start_s=1, end_s=2),)),
    agents=(
        AgentConfig(role="trader", strategy="arbitrageur", count=3, parameters={"threshold_bp": 5, "size": 1}),
        AgentConfig(role="sequencer", strategy="honest"),
    ),
)


def load(*settings: str, file: Path | None = None) -> MarketConfig:
    return configuration.load(file, settings, BASE)


def write(folder: Path, text: str) -> Path:
    path = folder / "market.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_to_lay_over_is_the_base_itself() -> None:
    assert load() is BASE


@pytest.mark.parametrize(
    ("setting", "read"),
    [
        ("rollups.0.block_time_s=1", lambda config: config.rollups[0].block_time_s == 1),
        ("rollups.1.name=deux", lambda config: config.rollups[1].name == "deux"),
        ("flow.per_second = 20", lambda config: config.flow.per_second == 20),
        ("regime.ordering=random_batch", lambda config: config.regime.ordering == {"kind": "random_batch"}),
        ("regime.leader.share=0.25", lambda config: config.regime.leader == {"kind": "operator", "share": 0.25}),
        ("regime.leader=stake_lottery", lambda config: config.regime.leader == {"kind": "stake_lottery"}),
        ("regime.leader.kind=operator", lambda config: config.regime.leader == {"kind": "operator", "share": 0.5}),
        ('regime.revenue={kind="rebate", share=0.8}', lambda config: config.regime.revenue["share"] == 0.8),
        ("agents.0.parameters.size=2", lambda config: config.agents[0].parameters == {"threshold_bp": 5, "size": 2}),
        ("agents=[]", lambda config: config.agents == ()),
        ("prices.start=2020-03-12T00:00:00", lambda config: config.prices.start == "2020-03-12T00:00:00"),
        ("prices.kind=gbm", lambda config: config.prices.episodes == BASE.prices.episodes),
    ],
)
def test_a_setting_changes_what_it_names(setting: str, read) -> None:
    before = BASE.model_dump_json()
    assert read(load(setting))
    assert BASE.model_dump_json() == before


def test_settings_come_after_the_file_and_in_order(tmp_path: Path) -> None:
    file = write(tmp_path, "horizon_s = 10\n[flow]\nper_second = 3\n")
    config = load("flow.per_second=4", "flow.per_second=5", file=file)
    assert (config.horizon_s, config.flow.per_second, config.flow.median_usd) == (10, 5, BASE.flow.median_usd)


def test_a_table_over_a_list_changes_the_entries_that_it_numbers(tmp_path: Path) -> None:
    file = write(tmp_path, "[rollups.1]\ngas_usd = 0.5\n[agents.0]\ncount = 7\n[prices.episodes.0]\nend_s = 9.0\n")
    config = load(file=file)
    assert config == load("rollups.1.gas_usd=0.5", "agents.trader.0.count=7", "prices.episodes.0.end_s=9.0")
    assert config.rollups[0] == BASE.rollups[0]
    assert (config.rollups[1].block_time_s, config.rollups[1].gas_usd) == (0.25, 0.5)
    with pytest.raises(InputError, match=r"market.toml: 2: no such place in a list; allowed: 0 to 1$"):
        load(file=write(tmp_path, "[rollups.2]\ngas_usd = 0.5\n"))


@pytest.mark.parametrize(
    ("setting", "parameters"),
    [
        ('{strategy = "searcher", parameters = {}}', {}),
        ('{strategy = "searcher", parameters = {size = 2}}', {"size": 2}),
        ('{strategy = "arbitrageur", parameters = {size = 2}}', {"threshold_bp": 5, "size": 2}),
        ('{strategy = "searcher"}', {"threshold_bp": 5, "size": 1}),
    ],
)
def test_parameters_are_replaced_with_the_strategy_that_they_are_of(setting: str, parameters: dict) -> None:
    assert load(f"agents.trader.0={setting}").agents[0].parameters == parameters


def test_a_file_merges_tables_and_joins_agents(tmp_path: Path) -> None:
    text = """
    [regime]
    name = "sealed"
    leader = {kind = "stake_lottery", stakes = [0.4, 0.6]}
    [[agents]]
    role = "trader"
    strategy = "my_strategies:Patient"
    [[agents]]
    role = "trader"
    strategy = "arbitrageur"
    parameters = {size = 9}
    [[agents]]
    role = "sequencer"
    strategy = "extractive"
    """
    config = load(file=write(tmp_path, text))
    assert config.regime.leader == {"kind": "stake_lottery", "stakes": [0.4, 0.6]}
    assert config.regime.visibility == BASE.regime.visibility
    assert [agent.strategy for agent in config.agents] == ["arbitrageur", "extractive", "my_strategies:Patient"]
    assert config.agents[0].count == 3
    assert config.agents[0].parameters == {"threshold_bp": 5, "size": 9}


def test_a_regime_by_name(tmp_path: Path) -> None:
    from market import regimes

    assert load("regime=pbs").regime == regimes.load("pbs")
    assert load(file=write(tmp_path, 'regime = "pbs"')).regime == regimes.load("pbs")


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("flow.per_secnd=1", "--set flow.per_secnd: unknown key 'per_secnd' (did you mean 'per_second'?); allowed: "),
        ("flow.per_second=-1", "--set flow.per_second: got -1; allowed: greater than or equal to 0 (arrival rate"),
        ("flow.per_second=nan", "--set flow.per_second: got nan; allowed: "),
        ("flow.per_second=fast", "--set flow.per_second: got 'fast'; allowed: a valid number"),
        ("rollups.0.block_time_s=0", "--set rollups.0.block_time_s: got 0; allowed: greater than 0"),
        ("rollups.2.block_time_s=1", "--set rollups.2: no such place in a list; allowed: 0 to 1"),
        ("rollups.first.name=x", "--set rollups.first: no such place in a list; allowed: 0 to 1"),
        (
            "rollups.1.name=one",
            "--set rollups.1.name: name 'one' is used twice, first by rollups.0; allowed: unique names",
        ),
        ("prices.kind=mertn", "--set prices.kind: unknown name 'mertn' (did you mean 'merton'?); allowed: gbm, merton"),
        ("prices.episodes.0.end_s=0.5", "--set prices.episodes.0: end_s must be larger than start_s"),
        ("horizon_s.x=1", "--set horizon_s.x: horizon_s is a value and has no keys"),
        ("horizon_s", "--set horizon_s: not a setting; allowed: key=value"),
        ("flow..x=1", "--set flow..x=1: not a setting; allowed: key=value"),
        ("rollups=[]", "--set rollups: got a list; allowed: "),
    ],
)
def test_mistakes_in_settings_are_one_clear_line(setting: str, complaint: str) -> None:
    with pytest.raises(InputError) as raised:
        load(setting)
    assert complaint in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("horizon_s = \n", "market.toml:1: "),
        ("[flow]\n\nper_secnd = 1\n", "market.toml:3: flow.per_secnd: unknown key 'per_secnd' (did you mean"),
        ("horizon_s = -5\n", "market.toml:1: horizon_s: got -5; allowed: greater than 0"),
        ("[[rollups]]\nblock_time_s = 1\n", "market.toml:1: rollups.0.name: missing; expected: unique name"),
        (
            '[[agents]]\nrole = "wizard"\nstrategy = "x"\n',
            "market.toml:2: agents.2.role: unknown name 'wizard'; allowed: seq",
        ),
        ("nowhere = 1\n", "market.toml:1: nowhere: unknown key 'nowhere'; allowed: agents, "),
        ('agents = "many"\n', "market.toml:1: agents: got 'many'; allowed: a valid tuple"),
    ],
)
def test_mistakes_in_a_file_name_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InputError) as raised:
        load(file=write(tmp_path, text))
    assert complaint in str(raised.value)
    assert "\n" not in str(raised.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.toml: no such file; allowed: a TOML file"):
        load(file=tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"binary\.toml: not a text file"):
        load(file=tmp_path / "binary.toml")
