"""`seqmarket sensitivity`: from levers to indices, what becomes of runs that fail, one-line mistakes."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
import sys
from pathlib import Path

import pandas as pd
import pytest

from experiments.__main__ import main

SHORT = (
    "--quick",
    "--workers",
    "1",
    "--set",
    "horizon_s=3",
    "--set",
    "flow.per_second=5",
    "--outcome",
    "slots,intents",
)
LEVER = ("--lever", "assets.0.volatility=.4:1.2")
STRATEGY = ("--set", "agents.trader.0.strategy=faulty_strategy:Faulty")
FAULTY = '''
"""A strategy that fails as its parameter says, or once."""

from pathlib import Path

from agents.traders.arbitrageur import Arbitrageur


class Faulty(Arbitrageur):
    """Fails from a level on, and the first time."""

    def __init__(self, seat, level=0.0, once=False):
        super().__init__(seat)
        self.level, self.once = level, once

    def act(self, seen, desk):
        if self.level > 0.99 or (self.once and not Path("failed").exists()):
            Path("failed").touch()
            raise ArithmeticError("it fails")
        super().act(seen, desk)
'''


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder is empty but for a strategy, and what is found there is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "faulty_strategy", raising=False)
    (tmp_path / "faulty_strategy.py").write_text(FAULTY)
    return tmp_path


@pytest.mark.slow
def test_curves_write_what_a_study_does_and_resume(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["sensitivity", *LEVER, "--lever", "regime=siloed,pbs", "--method", "curves:2", "--seeds", "3", *SHORT]
    assert main(asked) == 0
    output = capsys.readouterr()
    said = output.err.splitlines()
    assert said[0] == "seqmarket: 4 points, 4 of them different, at 3 seeds each"
    assert said[1].startswith("seqmarket: 12 runs, about ")
    assert said[1].endswith("of computing")
    folder = here / "results" / "sensitivity"
    names = {path.name for path in folder.iterdir() if path.is_file()}
    parts = {"table.csv", "table.md", "table.tex", "figure.pdf", "figure.png", "figure.tex", "design.pickle"}
    assert parts | {"study.json", "runs.parquet", "summary.parquet"} == names
    assert (folder / "table.md").read_text() in output.out
    runs = pd.read_parquet(folder / "runs.parquet")
    assert runs.groupby(["regime", "assets.0.volatility"])["seed"].apply(list).tolist() == [[1, 2, 3]] * 4
    about, design = json.loads((folder / "study.json").read_text()), (folder / "design.pickle").read_bytes()
    assert about["design"]["sha256"] == hashlib.sha256(design).hexdigest()
    assert about["design"]["levers"] == {"assets.0.volatility": "0.4 to 1.2", "regime": "siloed, pbs"}
    assert pickle.loads(design)["points"] == [[0.0, None], [1.0, None], [None, 0.0], [None, 1.0]]
    summary = pd.read_parquet(folder / "summary.parquet")
    change = summary[
        (summary["index"] == "change") & (summary["lever"] == "regime") & (summary["outcome"] == "intents")
    ]
    wide = runs.pivot_table(index="seed", columns=["assets.0.volatility", "regime"], values="intents")
    own = json.loads((folder / "study.json").read_text())["design"]["own_values"]["assets.0.volatility"]
    expected = wide[float(own), "pbs"] - wide[float(own), "siloed"]
    assert change["mean"].item() == pytest.approx(expected.mean())
    assert "depends most on" in about["answer"]
    assert main(asked) == 0
    assert "12 runs, 12 of them kept" in capsys.readouterr().out
    assert main(["figures", "sensitivity"]) == 0


@pytest.mark.slow
def test_levers_of_whole_numbers_stay_whole(here: Path) -> None:
    levers = ("--lever", "agents.trader.0.count=1:3", "--regime", "pbs")
    assert main(["sensitivity", *levers, "--method", "morris:2:0", "--seeds", "1", *SHORT]) == 0
    folder = here / "results" / "sensitivity"
    runs = pd.read_parquet(folder / "runs.parquet")
    assert set(runs["agents.trader.0.count"]) <= {1, 2, 3}
    assert set(runs["regime"]) == {"pbs"}
    assert "--method morris:2:0 " in json.loads((folder / "study.json").read_text())["command"]


def test_a_run_that_fails_is_made_again(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strategy = (
        "--set",
        "agents.trader.0.strategy=faulty_strategy:Faulty",
        "--set",
        "agents.trader.0.parameters.once=true",
    )
    assert main(["sensitivity", *LEVER, *strategy, "--method", "curves:2", "--seeds", "1", *SHORT]) == 0
    assert (here / "failed").exists()
    assert "2 runs, 0 of them kept, 0 failed" in capsys.readouterr().out


@pytest.mark.slow
def test_strands_of_runs_that_fail_again_are_dropped_and_counted(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    levers = ("--lever", "agents.trader.0.parameters.level=0:1", "--method", "morris:4")
    assert main(["sensitivity", *levers, *STRATEGY, "--seeds", "1", *SHORT]) == 1
    assert "ArithmeticError: it fails" in capsys.readouterr().err
    folder = here / "results" / "sensitivity"
    design = pickle.loads((folder / "design.pickle").read_bytes())
    lost = {strand for strand, [share] in zip(design["strands"], design["points"], strict=True) if share == 1.0}
    assert 0 < len(lost) < 4
    assert re.search(rf"trajectories dropped +\| {len(lost)} of 4", (folder / "table.md").read_text())
    assert f"{len(lost)} of 4 trajectories were dropped." in json.loads((folder / "study.json").read_text())["answer"]


MISTAKES = [
    ([], "sensitivity: nothing varies; allowed: LEVER=LOW:HIGH or LEVER=A,B,C"),
    (["--lever", "flow.per_second"], "--lever flow.per_second: not a lever with values"),
    (["--lever", "flow.per_second=3:1"], "--lever flow.per_second: got 3:1; allowed: LOW:HIGH with LOW below HIGH"),
    (["--lever", "flow.per_secnd=1:3"], "--lever flow.per_secnd: unknown key 'per_secnd' (did you mean"),
    (["--lever", "flow.per_second=-3:3"], "--lever flow.per_second: got -3"),
    (
        ["--lever", "agents.trader.0.count=0.5:3"],
        "--lever agents.trader.0.count: got 0.5:3; allowed: LOW:HIGH of whole",
    ),
    ([*LEVER, *LEVER], "--lever assets.0.volatility: is varied twice; allowed: each lever once"),
    ([*LEVER, "--set", "assets.0.volatility=1"], "assets.0.volatility is varied; allowed: either, not both"),
    ([*LEVER, "--method", "sobol:9"], "--method sobol:9: got N = 9; allowed: N a power of two from 8"),
    ([*LEVER, "--lever", "flow.per_second=1:3", "--method", "sobol:4096"], "cells; allowed: up to 10000"),
    ([*LEVER, "--method", "moris:9"], "--method: unknown name 'moris' (did you mean 'morris'?)"),
    ([*LEVER, "--regime", "silo"], "unknown name 'silo' (did you mean 'siloed'?)"),
    ([*LEVER, "--outcome", "slot"], "--outcome: unknown name 'slot' (did you mean 'slots'?)"),
    ([*LEVER, "--name", "regimes"], "--name regimes: there is a study of that name"),
    ([*LEVER, "--seeds", "0"], "--seeds: got '0'; allowed: a whole number from 1"),
    ([*LEVER, "--slice", "2/1"], "--slice: got '2/1'; allowed: I/N"),
    (
        [*LEVER, "--lever", "agents.trader.0.parameters.level=0:1"],
        "the configuration has no value of it to come back to",
    ),
]


@pytest.mark.parametrize(("arguments", "complaint"), MISTAKES, ids=lambda value: " ".join(value)[:40])
def test_mistakes_are_one_line_and_exit_code_2(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert main(["sensitivity", *arguments, "--workers", "1"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert complaint in output.err
    assert output.err.count("\n") == 1
    assert not (here / "results").exists()
