"""A run that does not end is ended at its time limit, names whose turn it was, and the other runs go on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import players
import pytest
from worlds import config

from experiments.__main__ import main
from experiments.runs import study as studies
from experiments.runs.limits import Limit
from experiments.runs.run import run_one
from experiments.runs.sweep import sweep
from market.errors import StrategyError

type Add = Callable[[str, str], Path]

STUDY = '''
"""Runs of which one does not end."""

import sys
import time

import numpy as np
from numba import njit

from experiments.runs.study import Run
from market.errors import note_turns

TITLE = QUESTION = HYPOTHESIS = "Loops"


@njit
def spins(n):
    found = 0
    while n > 0:
        found = (found + n) % 1000003
    return found


def runs(asked, quick, configure):
    for how in ("ends", "sleeps", "spins", "exits", "arrays", "none", "whole"):
        yield Run({"how": how}, "siloed", 1)


def execute(run):
    how = run.levers["how"]
    if how == "sleeps":
        time.sleep(1e6)
    if how == "spins":
        spins(1)
    if how == "exits":
        sys.exit(0)
    return {"arrays": {"a": np.zeros(3)}, "none": None, "whole": {"a": 1 << 80}}.get(how, {"a": 1.0})


def table(runs):
    return runs
'''


def loops(plugins: Add, *without: str) -> dict[str, tuple[str, str]]:
    plugins("experiments/studies/loops.py", STUDY)
    grid = [run for run in studies.load("loops").runs(None, False, None) if run.levers["how"] not in without]
    rows = sweep("loops", grid, workers=1, time_limit_s=10.0 if "spins" not in without else None).rows
    return {row["how"]: (row["status"], row["error"]) for row in rows}


def test_runs_that_exit_or_return_nonsense_fail_and_no_other(plugins: Add) -> None:
    found = loops(plugins, "sleeps", "spins")
    assert found["ends"] == ("done", None)
    assert found["exits"] == ("failed", "SystemExit: 0")
    assert found["arrays"] == ("failed", "InputError: 'a' is a ndarray; allowed: numbers and strings")
    assert found["none"][1].startswith("AttributeError")
    assert found["whole"][1].startswith("InputError: 'a' is a whole number of 81 bits")


@pytest.mark.slow
@pytest.mark.alone
def test_what_does_not_end_is_ended_also_in_compiled_code_and_the_others_go_on(plugins: Add) -> None:
    found = loops(plugins)
    assert found["ends"] == ("done", None)
    assert found["sleeps"] == ("failed", "OutOfTime: the time limit of 10 s was up")
    assert "did not heed the time limit of 10 s" in found["spins"][1]
    assert found["exits"][0] == "failed"


@pytest.mark.slow
@pytest.mark.alone
def test_whoever_has_the_turn_is_named(tmp_path: Path) -> None:
    def loops(agent: object, seen: object, desk: object) -> None:
        while True:
            time.sleep(0.01)

    players.Scripted.script = loops
    try:
        with (
            pytest.raises(StrategyError, match=r"^Scripted 0: had its turn when the time limit .*slot 0.*seed 7"),
            Limit(5.0, tmp_path).of("it"),
        ):
            run_one(config(agents=(players.trader(),), horizon_s=5.0), 7)
    finally:
        players.Scripted.script = None
    assert Limit(0.5, tmp_path).told("it").endswith("its process died")


def test_a_limit_that_is_not_reached_changes_nothing(tmp_path: Path) -> None:
    settings = config(agents=(players.trader(),), horizon_s=5.0)
    with Limit(1000.0, tmp_path).of("it"):
        limited = run_one(settings, 3)
    alone = run_one(settings, 3)
    assert {k: repr(v) for k, v in limited.items() if k != "seconds"} == {
        k: repr(v) for k, v in alone.items() if k != "seconds"
    }


@pytest.mark.slow
@pytest.mark.alone
def test_simulate_ends_a_strategy_that_catches_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stubborn.py").write_text(
        "from agents.base import Trader\n\n\nclass Stubborn(Trader):\n    def act(self, seen, desk):\n"
        "        while True:\n            try:\n                while True:\n                    pass\n"
        "            except BaseException:\n                pass\n"
    )
    (tmp_path / "stubborn.toml").write_text('[[agents]]\nrole = "trader"\nstrategy = "stubborn:Stubborn"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert main(["simulate", "--hours", "0.005", "--config", "stubborn.toml", "--time-limit", "2"]) == 1
    said = capfd.readouterr().err.splitlines()[-1]
    assert said.startswith("seqmarket: Stubborn 0 (slot 0, ")
    assert "seed 1): had its turn when its process did not heed the time limit of 2 s" in said
    sys.modules.pop("stubborn", None)
