"""What a study's numbers depend on: an edit of any file that it runs through makes its stored rows stale."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.runs import imports, store, study

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree that may be edited."""
    root = tmp_path_factory.mktemp("tree")
    for room in ("market", "agents", "experiments"):
        shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def loaded(name: str) -> set[str]:
    """Modules of this tree that Python holds after importing a study and the function that runs a market."""
    code = (
        f"import sys, experiments.studies.{name}, experiments.runs.run\n"
        "rooms = ('market', 'agents', 'experiments')\n"
        "print(*(found for found in sys.modules if found.split('.')[0] in rooms))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["circuit_breaker", "collusion", "stress_replay", "tournament"])
def test_everything_that_a_study_imports_is_counted(name: str) -> None:
    assert loaded(name) - set(store.code_files(name)) == set()


USERS = {
    "experiments.analysis.magnet": {"circuit_breaker"},
    "experiments.equilibrium.cartels": {"collusion"},
    "experiments.markets.small_market": {"builder_equilibrium", "collusion", "governance", "tournament"},
    "experiments.games.latency_contest": {"latency_contest"},
    "experiments.studies._sales": {"liquidation_design"},
    "experiments.validation": {"circuit_breaker", "stress_replay"},
    "experiments.cli.validate": set(),
    "agents.traders.arbitrageur": set(study.names()),  # strategies and parts are found by name
    "market.regimes.astria": set(study.names()),
}
"""Studies that run through a module."""


@pytest.mark.slow
def test_a_module_counts_for_the_studies_that_run_through_it_and_for_no_other() -> None:
    counted = {name: store.code_files(name) for name in study.names()}
    found = {module: {name for name, files in counted.items() if module in files} for module in USERS}
    assert found == USERS


@pytest.mark.slow
def test_an_edit_makes_the_rows_of_its_users_stale_and_no_others(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "ROOT", copy)
    before = {name: store.code_version(name) for name in study.names()}
    with (copy / "experiments" / "analysis" / "magnet.py").open("a", encoding="utf-8") as stream:
        stream.write("\n# a remark\n")
    after = {name: store.code_version(name) for name in study.names()}
    assert {name for name in before if before[name] != after[name]} == {"circuit_breaker"}


@pytest.mark.slow
def test_a_users_own_strategy_is_counted_with_what_it_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "strategies.py").write_text(
        "from . import rules\nfrom numpy import array\nimport helper_of_own"
    )
    (tmp_path / "own" / "rules.py").write_text("def rule():\n    from experiments.equilibrium import cartels\n")
    (tmp_path / "helper_of_own.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = store.code_files("regimes", ["own.strategies:Mine", "arbitrageur", "no_such_module:Class"])
    assert {"own.strategies", "own.rules", "helper_of_own", "experiments.equilibrium.cartels"} <= set(found)
    assert not any(name.startswith(("numpy", "no_such_module")) for name in found)
    assert set(found) - set(store.code_files("regimes")) >= {"own.strategies", "own.rules", "helper_of_own"}


@pytest.mark.slow
def test_a_study_in_a_plugin_folder_is_followed_through_it(plugins: Callable[[str, str], Path]) -> None:
    plugins("experiments/studies/mine.py", "from experiments.studies._mine import X\nWHO = 'experiments.own:Class'\n")
    plugins("experiments/studies/_mine.py", "from experiments.analysis import magnet\n")
    plugins("experiments/own.py", "")
    before = store.code_version("mine")
    assert {"experiments.studies._mine", "experiments.analysis.magnet", "experiments.own"} <= set(
        store.code_files("mine")
    )
    plugins("experiments/own.py", "X = 1\n")
    assert store.code_version("mine") != before


def test_imports_are_read_in_every_form(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "__init__.py").write_text("")
    for name in ("c", "d", "e", "b/g"):
        (tmp_path / "a" / f"{name}.py").write_text("")
    (tmp_path / "a" / "b" / "__init__.py").write_text("from ..c import X\nfrom . import g\n")
    (tmp_path / "start.py").write_text("import a.b\n\ndef later():\n    from a import d\n\nNAME = 'a.e:Class'\n")
    found = imports.closure(["start"], [tmp_path])
    assert list(found) == ["a", "a.b", "a.b.g", "a.c", "a.d", "a.e", "start"]
    assert found["a.b"] == tmp_path / "a" / "b" / "__init__.py"
