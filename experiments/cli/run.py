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

from experiments.analysis import answers, headlines, statistics, summaries
from experiments.cli import figures, page, provenance
from experiments.later import pd
from experiments.runs import configuration, slices
from experiments.runs import study as studies
from experiments.runs.cluster import connected
from experiments.runs.slices import Slice
from experiments.runs.source import Source, compiled, compiled_whole
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
    return finish(*prepared(arguments), arguments)


def _every(arguments: argparse.Namespace) -> int:
    """Run one study after the other; one that cannot begin, for want of data or by the settings, is said and left."""
    codes = []
    for name in studies.names():
        try:
            codes.append(finish(*_prepared(name, arguments), arguments))
        except InputError as error:
            print(f"seqmarket: {name} is left out: {error}", file=sys.stderr)
            codes.append(1)
    if arguments.slice is None:
        page.write(arguments.out)
        print(arguments.out / page.NAME)
    return max(codes)


def prepared(arguments: argparse.Namespace) -> tuple[Study, list[Run], str]:
    """Return study, runs and command that the arguments describe; InputError where they describe none."""
    return _prepared(arguments.study, arguments)


def _prepared(name: str, arguments: argparse.Namespace) -> tuple[Study, list[Run], str]:
    study = studies.load(name)
    return study, grid(study, arguments), provenance.command(arguments, name)


def finish(study: Study, runs: list[Run], command: str, arguments: argparse.Namespace, tries: int = 1) -> int:
    """Run what is not finished yet, write the results and the page that shows them, and say what was done.

    Of a slice, only what it takes to merge it with the others is written.
    """
    done, store = carry_out(study, runs, arguments, command, tries)
    if arguments.slice is None:
        page.write(arguments.out)
    return report(done, store, arguments.slice)


def carry_out(
    study: Study, runs: list[Run], arguments: argparse.Namespace, command: str, tries: int = 1
) -> tuple[Sweep, Store]:
    """Run what is not finished yet of a study's grid, or of a slice of it, and write its results.

    What fails is made again, with the same seed, until it has been tried as often as stated.
    """
    started = datetime.now(UTC)
    mine = runs if arguments.slice is None else arguments.slice.runs(study.name, runs)
    _state(mine, arguments.workers if arguments.scheduler is None else 0)
    store = Store(arguments.out / study.name, code_of(study, runs))
    source = Source.of(study.source or study.name, _strategies(runs), store.code)
    with _executor(arguments, source, study.has_market) as (executor, workers):
        done = sweep(study, mine, executor, workers, store, arguments.time_limit)
        for _ in range(tries - 1):
            if done.failed:
                again = sweep(study, mine, executor, workers, store, arguments.time_limit)
                done = Sweep(again.rows, done.reused, done.seconds + again.seconds)
    if arguments.slice is None:
        write(study, runs, done, store, started, command, vars(arguments).get("width", "two"))
    else:
        _note(study, runs, mine, arguments.slice, store, command)
    return done, store


def code_of(study: Study, runs: list[Run]) -> str:
    """Name of the source that determines a grid's numbers."""
    return code_version(study.source or study.name, _strategies(runs))


def _note(study: Study, runs: list[Run], mine: list[Run], part: Slice, store: Store, command: str) -> None:
    grid = slices.fingerprint([studies.run_id(study.name, run) for run in runs])
    note = slices.Note(study.name, command, part.number, part.of, len(mine), grid, store.code, provenance.versions())
    note.write(store.folder)


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

    known = {id(config): needs.estimate(config) for config in {id(each): each for each in configs}.values()}
    told = [known[id(config)] for config in configs]  # seeds share theirs, and to estimate it takes a millisecond
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
    described = provenance.describe(study, runs, done, started, store.code, command)
    store.write_study({**described, **study.stated(), "answer": answer})
    for name, content in study.files().items():
        store.write_file(name, content)
    if not rows.empty:
        stated = study.headlines(rows) if study.headlines is not None else ()
        below = (headlines.table(stated), headlines.TITLE) if stated else None
        seeds = len(set(rows["seed"].tolist()))
        few = f" {answers.of_seeds(seeds)}" if seeds < statistics.ENOUGH else ""
        store.write_table(study.table(rows), study.title + few, study.printed, below)
        drawn = store.write_summary(summary(study, runs, rows))
        figures.draw(study.name, study.figures, drawn, store.folder, width)


def summary(study: Study, runs: list[Run], rows: pd.DataFrame) -> pd.DataFrame:
    """What a study's figure draws: its own summary of finished rows, else every outcome by levers and regime."""
    if study.summary is not None:
        return study.summary(rows)
    return summaries.plain(rows, dict.fromkeys(lever for run in runs for lever in run.levers))


def report(done: Sweep, store: Store, part: Slice | None = None) -> int:
    """Say what was done and show the table; 1 when a run failed, InputError when all did for the same bad input."""
    failed = done.failed
    which = "" if part is None else f"slice {part}, "
    counts = f"{len(done.rows)} runs, {done.reused} of them kept, {len(failed)} failed; {done.seconds:.1f} s"
    print(f"{store.folder}: {which}{counts}")
    if not failed and part is None:
        print((store.folder / "table.md").read_text(encoding="utf-8"), end="")
    if not failed:
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
def _executor(arguments: argparse.Namespace, source: Source, market: bool) -> Iterator[tuple[Executor | None, int]]:
    """Executor of a Dask cluster and how much it can do at once; without an address, local processes.

    Before it runs markets, what all of them need is compiled by one worker of each machine.
    """
    if arguments.scheduler is None:
        yield None, arguments.workers
        return
    ready = compiled if arguments.time_limit is None else compiled_whole
    with connected(arguments.scheduler, source, _say, ready if market else None) as cluster:
        yield cluster, cluster.threads


def _say(message: str) -> None:
    tqdm.write(f"seqmarket: {message}", file=sys.stderr)
