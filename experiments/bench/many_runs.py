"""What a sweep costs beside its runs: time for each, and memory, of which the workers' may not grow with their number.

``python -m experiments.bench.many_runs [RUNS]`` sweeps a grid of runs that compute nothing, through all that a study's
runs go through up to runs.parquet, and another of a tenth as many, each in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from experiments.runs.store import Store
from experiments.runs.study import Configure, Run, Study
from experiments.runs.sweep import sweep

RUNS, FEW, OUTCOMES = 100_000, 10_000, 100
SEEDS = 50
"""Runs of one sort, as a study has them."""
PARTS = (0.1, 1.0)
"""Sizes that are measured, as shares of the number of runs."""
REPETITIONS = 2
"""How often each size is measured, in turns: what else the machine does only adds to time and memory."""


def grid(runs: int) -> Iterator[Run]:
    """Runs that differ by a lever or by seed."""
    for number in range(runs):
        yield Run({"lever": float(number // SEEDS)}, "", number % SEEDS)


def execute(run: Run) -> Mapping[str, float]:
    """Outcomes that take no time to know."""
    return {f"outcome_{number}": run.seed + run.levers["lever"] / (number + 3) for number in range(OUTCOMES)}


def runs(seeds: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """The grid at its usual size."""
    del seeds, quick, configure
    return grid(RUNS)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """How many there are."""
    return pd.DataFrame({"runs": [len(runs)]})


def study() -> Study:
    """The study that these runs are of."""
    return Study(
        "many_runs", "Runs that compute nothing", "What does a sweep cost?", "Little.", (), runs, table,
        None, None, None, execute, has_market=False, source=__name__
    )  # fmt: skip


def measured(runs: int) -> dict[str, float]:
    """Sweep as many runs with two workers, resume them and write their table, in this process.

    Returns
    -------
    Wall-clock time and time of all processors for each of these, over the number of runs [ms]; the largest memory of
    this process after each, and of a worker [MB].
    """
    found: dict[str, float] = {"runs": runs}
    with TemporaryDirectory() as folder:
        store = Store(Path(folder), "code")
        with _noted(found, "sweep"):
            done = sweep(study(), list(grid(runs)), workers=2, store=store)
        if done.failed:
            raise RuntimeError(f"{len(done.failed)} runs failed, first: {done.failed[0]['error']}")
        found["worker_mb"] = _peak_mb(resource.RUSAGE_CHILDREN)
        with _noted(found, "resume"):
            done = sweep(study(), list(grid(runs)), workers=2, store=store)
        with _noted(found, "table"):
            store.write_runs(done.rows)
    return found


@contextmanager
def _noted(found: dict[str, float], name: str) -> Iterator[None]:
    """Note what something takes, under its name."""
    wall, used = time.perf_counter(), _processor_s()
    yield
    found[f"{name}_ms_per_run"] = round(1e3 * (time.perf_counter() - wall) / found["runs"], 4)
    found[f"{name}_processor_ms_per_run"] = round(1e3 * (_processor_s() - used) / found["runs"], 4)
    found[f"{name}_mb"] = _peak_mb(resource.RUSAGE_SELF)


def _processor_s() -> float:
    return sum(sum(resource.getrusage(whose)[:2]) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _peak_mb(whose: int) -> float:
    return round(resource.getrusage(whose).ru_maxrss / 1024.0, 1)


def apart(runs: int) -> dict[str, float]:
    """The same in a process of its own, whose largest memory is of nothing else."""
    code = f"import json; from experiments.bench import many_runs; print(json.dumps(many_runs.measured({runs})))"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    return json.loads(said.splitlines()[-1])


def sweep_overhead(runs: int = FEW) -> dict[str, float]:
    """What another run adds to a sweep that runs and writes its table, by the difference of two sizes at their least.

    Returns
    -------
    `ms_per_run` of a wall clock and `processor_ms_per_run` of all processors, both beyond what a sweep takes to begin;
    memory that :data:`RUNS` runs add, extrapolated, while they run (`mb_per_100000_runs`: rows are kept), as their
    table is written (`table_mb_per_100000_runs`), and to a worker, which keeps nothing (`worker_mb_per_100000_runs`);
    and `runs` that were measured.
    """
    sizes = [[apart(int(part * runs)) for part in PARTS] for _ in range(REPETITIONS)]
    few, many = ({name: min(size[name] for size in same) for name in same[0]} for same in zip(*sizes, strict=True))
    more = many["runs"] - few["runs"]

    def added(ending: str) -> float:
        whole = [sum(size["runs"] * size[f"{part}{ending}"] for part in ("sweep", "table")) for size in (few, many)]
        return round((whole[1] - whole[0]) / more, 3)

    def grown(name: str) -> float:
        return round((many[name] - few[name]) / more * RUNS, 1)

    return {
        "ms_per_run": added("_ms_per_run"),
        "processor_ms_per_run": added("_processor_ms_per_run"),
        "mb_per_100000_runs": grown("sweep_mb"),
        "table_mb_per_100000_runs": grown("table_mb"),
        "worker_mb_per_100000_runs": grown("worker_mb"),
        "runs": runs,
    }


def main(runs: int) -> None:
    """Measure each size, and print a line for each."""
    for part in PARTS:
        print(apart(int(part * runs)), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
