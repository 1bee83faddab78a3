"""Sweeps: the same table for any executor, however often they were interrupted, whatever one run does."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dice
import numpy as np
import pytest
import stand_in

from experiments.runs import study as studies
from experiments.runs.batch import Batch
from experiments.runs.store import Store, code_version
from experiments.runs.study import Run
from experiments.runs.sweep import Sweep, sweep
from market import discovery
from market.errors import InputError

PART = '''
"""A part of a regime that is a plug-in."""

from typing import Literal

from market.sequencing.ordering.base import Ordering


class BySender(Ordering):
    """By the sender's number."""

    kind: Literal["by_sender"] = "by_sender"
    backwards: bool = True
'''
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
    assert studies.load("coins").figures == ("coins",)
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


@pytest.mark.slow
def test_a_run_whose_process_dies_does_not_take_the_others_with_it(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = shown(sweep("coins", grid(2), workers=1))
    monkeypatch.setenv("COINS_FAULT", "exit")
    done = sweep("coins", grid(2), workers=2)
    assert [(row["regime"], row["bias"], row["seed"]) for row in done.failed] == [("pbs", 0.5, 2)]
    assert "its process died" in done.failed[0]["error"]
    assert [row for row in shown(done) if row["status"] == "done"] == expected[:7]


def test_a_sweep_that_fails_leaves_no_process_and_no_thread_behind(log: Path) -> None:
    """A thread of the pool that is not waited for may hang, and with it the command that was interrupted."""
    before = set(threading.enumerate())

    def interrupted() -> Iterator[Run]:
        yield from grid(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep("coins", interrupted(), workers=2)
    left = set(threading.enumerate()) - before
    assert [thread for thread in left if "ExecutorManager" in type(thread).__name__] == []
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_plug_in_may_define_its_own_configuration(plugins: Callable[[str, str], Path], workers: int) -> None:
    dice.add(plugins)
    done = sweep("dice", studies.load("dice").runs(3, False, lambda base: base), workers=workers)
    assert [row["status"] for row in done.rows] == ["done"] * 3, done.failed
    assert [row["rolled"] for row in done.rows] == [
        int(np.random.default_rng(seed).integers(1, 7, 10).sum()) for seed in (1, 2, 3)
    ]


def test_a_batch_is_read_once_its_plug_ins_are_known(plugins: Callable[[str, str], Path]) -> None:
    """In a process that knows nothing of them, with a configuration made of a part that is a plug-in, too."""
    dice.add(plugins)
    plugins("market/sequencing/ordering/by_sender.py", PART)
    seed = next(iter(studies.load("dice").runs(1, False, lambda base: base))).seed
    part = discovery.load("market.sequencing.ordering", "by_sender").BySender()
    batch = pickle.dumps(Batch("dice", [("a", Run({}, "", seed, part))]))
    code = "import pickle, sys; print(pickle.loads(bytes.fromhex(sys.argv[1])).open()[1][0][1].config.backwards)"
    variables = {name: value for name, value in os.environ.items() if name != "SEQMARKET_PLUGINS"}
    done = subprocess.run(
        [sys.executable, "-c", code, batch.hex()],
        cwd=ROOT,
        env={**variables, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"


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


@pytest.mark.slow
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
