"""Strategies to begin with: each is whole, passes the test that comes with it, and plays in any market."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from agents.roles import FOLDERS
from experiments.__main__ import main
from experiments.cli import strategy
from experiments.cli.arguments import ROLES
from experiments.markets.trial import play_one
from market.errors import InputError

REGIMES = {"builder": "pbs", "sequencer": "siloed_extractive", "protocol": "roaming"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder that a user works in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def test_every_role_has_a_skeleton() -> None:
    assert set(ROLES) == set(FOLDERS) == set(strategy.EXPECTED)
    assert {path.stem for path in strategy.SKELETONS.glob("*.py")} - {"__init__"} == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_a_skeleton_passes_its_test_and_plays(folder: Path, role: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = f"my_{role}"
    assert main(["strategy", "new", name, "--role", role]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [f"{name}.py", f"test_{name}.py"]
    assert "Skeleton" not in (folder / f"{name}.py").read_text() + (folder / f"test_{name}.py").read_text()
    tests = __import__(f"test_{name}")
    getattr(tests, f"test_{name}_does_what_it_is_for")()
    made = strategy.class_name(name)
    (folder / "own.toml").write_text(f'agents = [{{role = "{role}", strategy = "{name}:{made}"}}]')
    regime = REGIMES.get(role, "siloed")
    arguments = ["simulate", "--regime", regime, "--hours", "0.002", "--config", "own.toml", "--json"]
    assert main(arguments) == 0
    assert abs(json.loads(capsys.readouterr().out)["conservation_error"]) < 1e-9


def test_what_exists_is_not_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "test_mine.py").write_text("kept")
    assert main(["strategy", "new", "mine"]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "test_mine.py: exists, and is not overwritten" in said.err
    assert (folder / "test_mine.py").read_text() == "kept"
    assert not (folder / "mine.py").exists()


MISTAKES = [
    (["new", "My Trader"], "got 'My Trader'; allowed: lower-case letters"),
    (["new", "../up"], "allowed: lower-case letters"),
    (["new", "class"], "allowed: lower-case letters"),
    (["new", "numpy"], "'numpy' is the name of something that exists"),
    (["new", "market"], "'market' is the name of something that exists"),
    (["new", "trader"], "'trader' is the name of something that exists"),
    (["new", "mine", "--to", "absent"], "--to absent: no such folder"),
    (["new", "mine", "--role", "user"], "argument --role: invalid choice: 'user'"),
    (["old", "mine"], "invalid choice: 'old'"),
]


@pytest.mark.parametrize(("arguments", "complaint"), MISTAKES, ids=lambda value: " ".join(value)[:30])
def test_mistakes_write_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert main(["strategy", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert complaint in said
    assert list(folder.iterdir()) == []


def test_another_folder(folder: Path) -> None:
    (folder / "there").mkdir()
    # a name of its own: folders that other tests worked in are still on the path
    assert main(["strategy", "new", "far_away", "--to", "there"]) == 0
    assert sorted(path.name for path in (folder / "there").iterdir()) == ["far_away.py", "test_far_away.py"]


def test_one_strategy_played_alone() -> None:
    played = play_one("arbitrageur", seconds=20, seed=2)
    again = play_one("arbitrageur", seconds=20, seed=2)
    assert played.profit_usd == again.profit_usd
    assert played.profit_usd == pytest.approx(sum(played.by_kind.values()))
    assert (played.receipts["sender"] == played.agent.account).all()
    assert 0 < played.filled.size <= played.receipts.size
    assert played.intents >= np.unique(played.receipts["id"]).size
    assert play_one("arbitrageur", seconds=20, seed=3).profit_usd != played.profit_usd


def test_parameters_reach_the_strategy_and_wrong_ones_do_not() -> None:
    timid = play_one("arbitrageur", seconds=20, parameters={"least_usd": 1e9})
    assert (timid.intents, timid.profit_usd) == (0, 0.0)
    with pytest.raises(InputError, match="unknown name 'least'"):
        play_one("arbitrageur", parameters={"least": 1.0})
    with pytest.raises(InputError, match="is no strategy of role 'builder'"):
        play_one("agents.traders.arbitrageur:Arbitrageur", "builder")
