"""Sweeps on a Dask cluster of processes of their own: who may take part, and what the death of each of them does."""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import dice
import pandas as pd
import pytest

from experiments.runs import study as studies
from experiments.runs.cluster import Cluster, connected
from experiments.runs.source import Source
from experiments.runs.store import Store, code_version
from experiments.runs.sweep import sweep
from market.errors import InputError

ROOT = Path(__file__).resolve().parents[3]
READY = """
import os
from pathlib import Path
before = Path({log!r}).exists()
with open({log!r}, "a") as file:
    file.write(f"{{os.getpid()}} begins\\n")
if not before:
    os._exit(1)
with open({log!r}, "a") as file:
    file.write(f"{{os.getpid()}} ready\\n")
"""
"""What a worker does before it is given runs: the first to be asked dies of it."""
SEEDS = 24
pytestmark = [
    pytest.mark.slow,
    pytest.mark.alone,
    pytest.mark.skipif(os.name != "posix", reason="ends processes with signals"),
    pytest.mark.filterwarnings("ignore"),  # of Dask's own
]


class Dask:
    """A scheduler and its workers; all end with the test."""

    def __init__(self, folder: Path) -> None:
        self._file, self._folder = folder / "scheduler.json", folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("scheduler", ROOT, "--host", "127.0.0.1", "--port", "0")
        until(lambda: self._file.exists() and self._file.read_text())
        self.address = json.loads(self._file.read_text())["address"]

    def worker(
        self, root: Path = ROOT, *options: str, variables: Mapping[str, str] = os.environ
    ) -> subprocess.Popen[bytes]:
        """Start a worker that has the source of a tree."""
        return self._start("worker", root, "--nthreads", "1", "--host", "127.0.0.1", *options, variables=variables)

    def _start(
        self, kind: str, root: Path, *options: str, variables: Mapping[str, str] = os.environ
    ) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--scheduler-file", str(self._file)]
        variables = {name: value for name, value in variables.items() if name != "SEQMARKET_PLUGINS"}
        with (self._folder / f"{kind}-{len(self._processes)}.txt").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--no-dashboard", *options],
                cwd=self._folder,
                env={**variables, "PYTHONPATH": str(root)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def end(self) -> None:
        for process in self._processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.wait()


def until(happened: Callable[[], object], seconds: float = 300.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.05)


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    made = Dask(tmp_path)
    yield made
    made.end()


@pytest.fixture
def results(plugins: Callable[[str, str], Path], tmp_path: Path) -> Path:
    """The study is installed for whoever runs it; workers hear of it."""
    dice.add(plugins)
    return tmp_path / "results" / "dice"


def started(dask: Dask, results: Path, *settings: str) -> subprocess.Popen[str]:
    """Start the study on the cluster."""
    command = ["run", "dice", "--scheduler", dask.address, "--out", str(results.parent)]
    words = [word for setting in settings for word in ("--set", setting)]
    return subprocess.Popen(
        [sys.executable, "-m", "experiments", *command, *words],
        cwd=results.parents[1],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str], code: int, seconds: float = 600.0) -> list[str]:
    """Lines that a process has said on the standard error; it has ended with a code."""
    said = process.communicate(timeout=seconds)[1]
    assert process.returncode == code, said
    return said.splitlines()


def rolled(results: Path) -> pd.DataFrame:
    return pd.read_parquet(results / "runs.parquet")


def expected(tmp_path: Path) -> pd.DataFrame:
    """Make the runs in this very process."""
    store = Store(tmp_path / "alone", "code")
    runs = list(studies.load("dice").runs(None, False, lambda base: base))
    return store.write_runs(sweep("dice", runs, workers=1, store=store).rows)


def kept(results: Path) -> int:
    return sum(len(path.read_text().splitlines()) for path in results.glob("runs/*/*.jsonl"))


def same(found: pd.DataFrame, whole: pd.DataFrame) -> bool:
    """Whether two tables have the same outcomes; their configurations, and with them the names of runs, may differ."""
    return found.drop(columns="run_id").equals(whole.drop(columns="run_id"))


def other_tree(folder: Path) -> Path:
    """Copy this tree, with a remark that makes it another source."""
    for room in ("market", "agents", "experiments", "figures"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "market" / "errors.py").open("a", encoding="utf-8") as stream:
        stream.write("\n# a remark\n")
    return folder


def test_two_workers_give_the_same_bytes_and_stay_for_an_edit(
    dask: Dask, results: Path, plugins: Callable[[str, str], Path], tmp_path: Path
) -> None:
    dask.worker()
    dask.worker()
    log = tmp_path / "log"
    said = ended(started(dask, results, f"log='{log}'", "sleep_s=0.2"), 0)
    assert [line for line in said if "no worker is there" not in line] == []
    assert same(rolled(results), expected(tmp_path))
    assert len({line.split()[0] for line in log.read_text().splitlines()}) == 2
    # they have loaded what has been edited since, and would execute that
    plugins("experiments/studies/dice.py", dice.STUDY.replace("die.sides + 1", "die.sides + 2"))
    said = ended(started(dask, results), 2)
    assert said[-1].startswith(f"seqmarket: --scheduler {dask.address}: no worker holds this source; allowed: ")
    assert all("holds source" in line for line in said[:-1])


def test_a_worker_of_other_source_that_joins_later_is_not_used(dask: Dask, results: Path, tmp_path: Path) -> None:
    dask.worker()
    log = tmp_path / "log"
    log.touch()
    process = started(dask, results, f"log='{log}'", "sleep_s=1.0")
    until(log.read_text)
    dask.worker(other_tree(tmp_path / "other"))
    said = ended(process, 0)
    assert len(said) == 1 + ("no worker is there" in said[0]), said
    assert "holds source" in said[-1]
    assert said[-1].endswith("it is not used")
    assert len({line.split()[0] for line in log.read_text().splitlines()}) == 1
    assert same(rolled(results), expected(tmp_path))


def test_a_scheduler_that_dies_is_one_line_and_what_is_finished_is_kept(
    dask: Dask, results: Path, tmp_path: Path
) -> None:
    dask.worker()
    process = started(dask, results, "sleep_s=0.3")
    until(lambda: kept(results) >= 3)
    dask.scheduler.kill()
    said = [line for line in ended(process, 2) if "no worker is there" not in line]
    assert said == [
        f"seqmarket: --scheduler {dask.address}: the scheduler is gone; finished runs are kept in {results}, "
        "the same command resumes"
    ]
    before = kept(results)
    runs = list(studies.load("dice").runs(None, False, lambda base: base.model_copy(update={"sleep_s": 0.3})))
    done = sweep("dice", runs, workers=1, store=Store(results, code_version("dice")))
    assert done.reused == before >= 3
    assert len(done.rows) == 24
    assert done.failed == []


def test_a_run_that_kills_its_worker_fails_alone(dask: Dask, results: Path) -> None:
    dask.worker()
    dask.worker()
    ended(started(dask, results, "deadly=7", "sleep_s=0.1"), 1)
    runs = rolled(results).set_index("seed")
    assert runs.index[runs["status"] == "failed"].tolist() == [7]
    assert "its process died" in runs.loc[7, "error"]


def test_runs_of_a_worker_that_is_killed_are_made_again(dask: Dask, results: Path, tmp_path: Path) -> None:
    dask.worker(ROOT, "--no-nanny")
    doomed = dask.worker(ROOT, "--no-nanny")
    log = tmp_path / "log"
    log.touch()
    process = started(dask, results, f"log='{log}'", "sleep_s=0.5")
    until(lambda: f"{doomed.pid} " in log.read_text() and len({line.split()[0] for line in log.open()}) == 2)
    doomed.kill()
    ended(process, 0)
    assert same(rolled(results), expected(tmp_path))
    begun = Counter(int(line.split()[1]) for line in log.read_text().splitlines())
    assert sorted(begun) == list(range(1, 25))
    assert max(begun.values()) <= 2
    assert len([seed for seed, times in begun.items() if times == 2]) <= 2  # of what it had, and of nothing else


def test_a_market_on_two_workers_of_which_one_is_killed(dask: Dask, tmp_path: Path) -> None:
    """Workers that compile nothing, which takes minutes, make the same rows as a process that has compiled all."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1"}
    dask.worker(ROOT, "--no-nanny", variables=variables)
    doomed = dask.worker(ROOT, "--no-nanny", variables=variables)
    words = ["compare", "--list", "cells.csv", "--outcome", "slots,retail_volume_usd", "--seeds", str(SEEDS), "--quick"]
    words += ["--set", "horizon_s=2", "--set", "flow.per_second=5"]
    (tmp_path / "cells.csv").write_text("regime\nsiloed\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments", *words, "--scheduler", dask.address, "--out", "cluster"],
        cwd=tmp_path, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(lambda: kept(tmp_path / "cluster" / "compare") >= 4, seconds=1800.0)
    doomed.kill()
    assert kept(tmp_path / "cluster" / "compare") < SEEDS
    ended(process, 0, seconds=1800.0)
    alone = [sys.executable, "-m", "experiments", *words, "--workers", "1", "--out", "alone"]
    subprocess.run(alone, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    one, other = (tmp_path / name / "compare" / "runs.parquet" for name in ("cluster", "alone"))
    assert one.read_bytes() == other.read_bytes()


def test_one_worker_of_a_machine_gets_it_ready_and_another_where_that_one_dies(
    dask: Dask, results: Path, tmp_path: Path
) -> None:
    dask.worker(ROOT, "--no-nanny")
    dask.worker(ROOT, "--no-nanny")
    log = tmp_path / "log"
    source = Source.of("dice", (), code_version("dice"))
    runs = list(studies.load("dice").runs(None, True, lambda base: base.model_copy(update={"log": str(log)})))
    with connected(dask.address, source, print, functools.partial(exec, READY.format(log=str(log)))) as cluster:
        done = sweep("dice", runs, cluster)
    assert done.failed == []
    lines = [line.split() for line in log.read_text().splitlines()]
    assert [what for _, what in lines[:3]] == ["begins", "begins", "ready"]  # the first died of it
    assert len({process for process, what in lines if what == "begins"}) == 2
    assert sorted(int(seed) for _, seed in lines[3:]) == [1, 2, 3, 4]


def test_it_waits_for_a_worker_and_says_for_how_long(dask: Dask, results: Path, tmp_path: Path) -> None:
    source = Source.of("dice", (), code_version("dice"))
    said: list[str] = []
    runs = list(studies.load("dice").runs(None, True, lambda base: base))
    with connected(dask.address, source, said.append) as cluster:
        hurried = Cluster(cluster._client, dask.address, source, said.append, wait_s=2.0)
        with pytest.raises(InputError, match=r"no worker came within 2 s; allowed: a scheduler with workers"):
            sweep("dice", runs, hurried)
        dask.worker()
        done = sweep("dice", runs, cluster)
    assert len(done.rows) == 4
    assert done.failed == []
    waits = f"--scheduler {dask.address}: no worker is there; waiting for one, {{}} s at most"
    assert sorted(said) == sorted([waits.format(300), waits.format(2)])
