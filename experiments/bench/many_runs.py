"""What a sweep costs beside its runs: time for each, and memory that may not grow with their number.

``python -m experiments.bench.many_runs [RUNS]`` sweeps a grid of runs that compute nothing, through all that a study's
runs go through up to runs.parquet, and another of a tenth as many, each in a process of its own.
"""

from __future__ import annotations

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

RUNS, OUTCOMES = 100_000, 100
SEEDS = 50
"""Runs of one sort, as a study has them."""
PARTS = (0.1, 1.0)
"""Sizes that are measured, as shares of the number of runs."""


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


def main(runs: int) -> None:
    """Measure each size in a process of its own, and print a line for each."""
    for part in PARTS:
        code = f"from experiments.bench import many_runs; print(many_runs.measured({int(part * runs)}))"
        said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        print(said.strip(), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
