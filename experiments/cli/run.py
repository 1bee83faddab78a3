"""``seqmarket run``: a study, or all of them, from the grid to table, figures and the page that shows them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tqdm import tqdm

from experiments.analysis import summaries
from experiments.cli import figures, page, provenance
from experiments.later import pd
from experiments.runs import configuration
from experiments.runs import study as studies
from experiments.runs.cluster import connected
from experiments.runs.source import Source
from experiments.runs.store import Store, code_version, finished
from experiments.runs.study import Run, Study
from experiments.runs.sweep import Sweep, sweep
from market.config import MarketConfig
from market.errors import InputError

ALL = "all"
"""Instead of a study's name: every study, one after the other."""


def main(arguments: argparse.Namespace) -> int:
    """Run what is not finished yet, write the results, and say where they are; 1 when a run failed."""
    if arguments.study == ALL:
        return _every(arguments)
    code = _one(arguments.study, arguments)
    page.write(arguments.out)
    return code


def _every(arguments: argparse.Namespace) -> int:
    """Run one study after the other; one that cannot begin, for want of data or by the settings, is said and left."""
    codes = []
    for name in studies.names():
        try:
            codes.append(_one(name, arguments))
        except InputError as error:
            print(f"seqmarket: {name} is left out: {error}", file=sys.stderr)
            codes.append(1)
        page.write(arguments.out)
    print(arguments.out / page.NAME)
    return max(codes)


def _one(name: str, arguments: argparse.Namespace) -> int:
    study = studies.load(name)
    return report(*carry_out(study, grid(study, arguments), arguments, provenance.command(arguments, name)))


def carry_out(study: Study, runs: list[Run], arguments: argparse.Namespace, command: str) -> tuple[Sweep, Store]:
    """Run what is not finished yet of a study's grid, and write its results."""
    started = datetime.now(UTC)
    _state(runs, arguments.workers if arguments.scheduler is None else 0)
    strategies, origin = _strategies(runs), study.source or study.name
    store = Store(arguments.out / study.name, code_version(origin, strategies))
    source = Source.of(origin, strategies, store.code)
    with _executor(arguments.scheduler, arguments.workers, source) as (executor, workers):
        done = sweep(study, runs, executor, workers, store, arguments.time_limit)
    write(study, runs, done, store, started, command, vars(arguments).get("width", "two"))
    return done, store


def grid(study: Study, arguments: argparse.Namespace) -> list[Run]:
    """The runs that a study makes of the arguments; InputError when there are none."""

    def configure(base: Any) -> Any:
        return configuration.load(arguments.config, arguments.set, base)

    runs = list(study.runs(arguments.seeds, arguments.quick, configure))
    if not runs:
        raise InputError(f"{study.name}: the grid is empty; allowed: at least one run")
    return runs


def _state(runs: list[Run], workers: int) -> None:
    """Say on stderr what the grid will need; InputError where not one of its markets fits into this machine.

    A cluster (no local workers) may have more than this machine. Each run is checked once more when it begins: one that
    does not fit fails, and the others go on.
    """
    configs = [run.config for run in runs if isinstance(run.config, MarketConfig)]
    if not configs:
        return
    from experiments.runs import machine, needs

    told = [needs.estimate(config) for config in configs]
    if workers:
        smallest = min(told, key=lambda need: (need.memory_bytes, need.seconds))
        smallest.check(machine.available(), min(workers, len(runs)))
    print(f"seqmarket: {len(told)} runs, {needs.total(told)}", file=sys.stderr)


def write(
    study: Study, runs: list[Run], done: Sweep, store: Store, started: datetime, command: str, width: str = "two"
) -> None:
    """Write runs.parquet and study.json, and table, summary and figure of the runs that did not fail."""
    table = store.write_runs(done.rows)
    rows = finished(table)
    answer = study.answer(rows) if study.answer is not None and not rows.empty else ""
    store.write_study(provenance.describe(study, runs, done, started, store.code, command) | {"answer": answer})
    if not rows.empty:
        store.write_table(study.table(rows), study.title, study.printed)
        drawn = store.write_summary(summary(study, runs, rows))
        figures.draw(study.name, study.figures, drawn, store.folder, width)


def summary(study: Study, runs: list[Run], rows: pd.DataFrame) -> pd.DataFrame:
    """What a study's figure draws: its own summary of finished rows, else every outcome by levers and regime."""
    if study.summary is not None:
        return study.summary(rows)
    return summaries.plain(rows, dict.fromkeys(lever for run in runs for lever in run.levers))


def report(done: Sweep, store: Store) -> int:
    """Say what was done and show the table; 1 when a run failed, InputError when all did for the same bad input."""
    failed = done.failed
    print(
        f"{store.folder}: {len(done.rows)} runs, {done.reused} of them kept, {len(failed)} failed; {done.seconds:.1f} s"
    )
    if not failed:
        print((store.folder / "table.md").read_text(encoding="utf-8"), end="")
        return 0
    first = failed[0]
    complaint = f"regime {first['regime']}, seed {first['seed']}: {first['error']}"
    if len(failed) == len(done.rows) and first["error"].startswith(InputError.__name__):
        raise InputError(first["error"].partition(": ")[2])
    print(f"seqmarket: {len(failed)} of {len(done.rows)} runs failed, first {complaint}", file=sys.stderr)
    return 1


def _strategies(runs: list[Run]) -> set[str]:
    """Strategies that the grid names, built-in or not: those of its markets, and the `players` of other settings."""
    configs = [run.config for run in runs if isinstance(run.config, MarketConfig)]
    settings = [getattr(run.config, "players", None) for run in runs]
    # elsewhere it is a number of players, who have no names
    players = {name for named in settings if isinstance(named, tuple) for name in named}
    return (
        players
        | {group.strategy for config in configs for group in config.agents}
        | {config.regime.sequencer for config in configs}
    )


@contextmanager
def _executor(address: str | None, workers: int, source: Source) -> Iterator[tuple[Executor | None, int]]:
    """Executor of a Dask cluster and how much it can do at once; without an address, local processes."""
    if address is None:
        yield None, workers
        return
    with connected(address, source, _say) as cluster:
        yield cluster, cluster.threads


def _say(message: str) -> None:
    tqdm.write(f"seqmarket: {message}", file=sys.stderr)
