"""Sweeps: the same table for any executor, however often they were interrupted, whatever one run does."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import stand_in

from experiments.__main__ import main
from experiments.runs import study as studies
from experiments.runs.store import Store, code_version
from experiments.runs.study import Run
from experiments.runs.sweep import Sweep, sweep
from market.errors import InputError

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def log(plugins: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in study is installed; the file has a line for every run that was begun."""
    plugins("experiments/studies/coins.py", stand_in.STUDY)
    plugins("figures/coins.py", stand_in.FIGURE)
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setenv("COINS_LOG", str(path))
    return path


def grid(seeds: int | None = None) -> list[Run]:
    return list(studies.load("coins").runs(seeds, False, lambda base: base))


def shown(done: Sweep) -> list[dict[str, object]]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in done.rows]


def begun(log: Path) -> int:
    return len(log.read_text().splitlines())


def test_a_study_found_in_a_folder_outside_the_tree(log: Path) -> None:
    assert "coins" in studies.names()
    assert studies.load("coins").figure == "coins"
    assert not studies.load("coins").has_market
    with pytest.raises(InputError, match=r"unknown name 'coin' \(did you mean 'coins'\?\); allowed: .*coins"):
        studies.load("coin")


def test_a_study_that_lacks_a_part(plugins: Callable[[str, str], Path]) -> None:
    plugins("experiments/studies/half.py", 'TITLE = "Half"\n')
    with pytest.raises(InputError, match=r"half\.py: QUESTION is missing"):
        studies.load("half")


def test_rows_have_the_identity_the_levers_and_the_outcomes(log: Path) -> None:
    first = shown(sweep("coins", grid(), workers=1))[0]
    assert list(first) == ["run_id", "study", "regime", "seed", "status", "error", "bias", "heads", "share"]
    assert first["run_id"] == studies.run_id("coins", grid()[0])
    assert {key: type(value) for key, value in first.items() if key in ("heads", "share")} == {
        "heads": int,
        "share": float,
    }


def test_any_executor_and_any_iterable(log: Path) -> None:
    expected = shown(sweep("coins", grid(), workers=1))
    with ThreadPoolExecutor(3) as executor:
        done = sweep("coins", iter(grid()), executor, workers=3)
        assert executor.submit(int).result() == 0  # it is left open
    assert shown(done) == expected


def test_finished_runs_are_not_repeated_and_more_seeds_add_to_them(log: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "kept", "code")
    sweep("coins", grid(2), workers=1, store=store)
    assert begun(log) == 8
    done = sweep("coins", grid(3), workers=1, store=store)
    assert begun(log) == 12
    assert done.reused == 8
    assert shown(done) == shown(sweep("coins", grid(3), workers=1))


def test_one_bad_run_survives_and_is_tried_again(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "kept", "code")
    monkeypatch.setenv("COINS_FAULT", "raise")
    done = sweep("coins", grid(), workers=1, store=store)
    assert [(row["regime"], row["bias"], row["seed"]) for row in done.failed] == [("pbs", 0.5, 2)]
    assert done.failed[0]["error"] == "ArithmeticError: the coin fell off the table"
    assert len(done.rows) == 24
    monkeypatch.delenv("COINS_FAULT")
    again = sweep("coins", grid(), workers=1, store=store)
    assert (again.reused, again.failed) == (23, [])
    assert begun(log) == 25


def test_a_run_whose_process_dies_does_not_take_the_others_with_it(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = shown(sweep("coins", grid(2), workers=1))
    monkeypatch.setenv("COINS_FAULT", "exit")
    done = sweep("coins", grid(2), workers=2)
    assert [(row["regime"], row["bias"], row["seed"]) for row in done.failed] == [("pbs", 0.5, 2)]
    assert "its process died" in done.failed[0]["error"]
    assert [row for row in shown(done) if row["status"] == "done"] == expected[:7]


@pytest.mark.parametrize("kills", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_a_killed_sweep_resumes_with_the_same_table(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int
) -> None:
    command = ["run", "coins", "--workers", "2", "--out", str(tmp_path / "killed")]
    monkeypatch.setenv("COINS_SLEEP", "0.1")

    def kept() -> int:
        return len(list(tmp_path.glob("killed/coins/runs/*/*.jsonl")))

    random.seed()  # another moment every time: there is none at which it may be killed
    for _ in range(kills):
        already = kept()
        process = subprocess.Popen(
            [sys.executable, "-m", "experiments", *command], cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + 30
        while kept() == already and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(random.uniform(0.0, 0.7))
        process.send_signal(signal.SIGKILL)
        process.wait()
    monkeypatch.setenv("COINS_SLEEP", "0")
    before = begun(log)
    assert main(command) == 0
    assert begun(log) < before + 24  # something was kept
    store = Store(tmp_path / "whole", code_version("coins"))
    store.write_runs(sweep("coins", grid(), workers=1, store=store).rows)
    killed = tmp_path / "killed" / "coins" / "runs.parquet"
    assert killed.read_bytes() == (store.folder / "runs.parquet").read_bytes()


def test_grids_that_are_refused(log: Path) -> None:
    with pytest.raises(InputError, match="is in the grid twice"):
        sweep("coins", [*grid(1), *grid(1)], workers=1)
    with pytest.raises(InputError, match="lever 'seed' has the name of a column"):
        sweep("coins", [Run({"seed": 1}, "siloed", 1)], workers=1)
    with pytest.raises(InputError, match="'bias' is a list; allowed: numbers and strings"):
        sweep("coins", [Run({"bias": [1]}, "siloed", 1)], workers=1)


def test_names_of_runs_tell_all_differences_and_nothing_else() -> None:
    run = Run({"bias": 0.5, "side": "a"}, "siloed", 1)
    same = Run({"side": "a", "bias": 0.5}, "siloed", 1)
    assert studies.run_id("coins", run) == studies.run_id("coins", same) == "c9253ac868e8ab14"
    others = [
        Run({"bias": 0.5, "side": "b"}, "siloed", 1),
        Run(run.levers, "pbs", 1),
        Run(run.levers, "siloed", 2),
    ]
    names = {studies.run_id("coins", other) for other in [run, *others]} | {studies.run_id("dice", run)}
    assert len(names) == 5


def test_a_changed_study_is_run_anew(plugins: Callable[[str, str], Path]) -> None:
    plugins("experiments/studies/dice.py", stand_in.STUDY)
    before = code_version("dice")
    assert code_version("dice") == before
    plugins("experiments/studies/dice.py", stand_in.STUDY + "\n")
    assert code_version("dice") != before
    plugins("agents/traders/patient.py", "")
    assert code_version("dice", ["no_such_module:Class", "arbitrageur"]) != before


def test_workers_find_modules_of_the_folder_one_works_in(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path not in ("", str(Path.cwd()))])
    sweep("coins", grid(1), workers=1)
    assert str(tmp_path) in sys.path
