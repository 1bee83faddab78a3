"""One function that runs a study's grid on any executor, keeps what is finished and resumes after a kill."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from tqdm import tqdm

from experiments.runs import forgotten
from experiments.runs import study as studies
from experiments.runs.batch import Batch, Task
from experiments.runs.cluster import WorkerDied
from experiments.runs.limits import Limit
from experiments.runs.longest_first import LongestFirst
from experiments.runs.store import IDENTITY, Row, Store
from experiments.runs.study import Run, Study
from experiments.runs.workers import Workers
from market.errors import InputError, said
from market.interrupts import pressed, told_apart

BATCH_S = 1.0  # a batch of runs is about this long: long enough to hide its overhead, short enough to lose to a kill
LARGEST_BATCH = 256
WHOLE = 1 << 63  # whole numbers of tables are below this


@dataclass(frozen=True)
class Sweep:
    """What a sweep did.

    ``rows`` are those of runs.parquet in the order of the grid (and their wall-clock ``seconds``), ``reused`` the
    number of runs that were there already, ``seconds`` the wall-clock time of this call.
    """

    rows: Sequence[Row]
    reused: int
    seconds: float

    @property
    def failed(self) -> list[Row]:
        """Rows of the runs that ended with an error."""
        return [row for row in self.rows if row["status"] == "failed"]


def sweep(
    study: str | Study,
    runs: Iterable[Run],
    executor: Executor | None = None,
    workers: int = 2,
    store: Store | None = None,
    time_limit_s: float | None = None,
) -> Sweep:
    """Run a study's grid; the results do not depend on the executor, the workers, or how often it was interrupted.

    Parameters
    ----------
    study : name of a study, or a study itself
    runs : the grid, all different; a sequence is run the longest runs first, anything else is consumed as it is run
    executor : any executor whose workers can import this project; it is left open. Default: local processes
    workers : local processes (one: this very process), or the number of workers of a given executor
    store : where finished runs are kept and looked up; without it nothing outlives the call
    time_limit_s : wall-clock time that a run may take [s]; one worker then is a process of its own, too, so that it can
        be ended

    A run that raises is a row with status ``failed`` and the error; the others go on, and it is tried again next time.
    So is a run whose process dies. On KeyboardInterrupt what is finished is kept and local processes are ended.
    Raises InputError when the grid holds a run twice or a lever has a reserved name.
    """
    start = time.perf_counter()
    total = len(runs) if isinstance(runs, Sequence) else None
    loaded = studies.load(study) if isinstance(study, str) else study
    with ExitStack() as stack:
        limit = None
        if time_limit_s is not None:
            limit = Limit(time_limit_s, Path(stack.enter_context(TemporaryDirectory())))
        pool = stack.enter_context(Workers(executor, workers, warm=loaded.has_market, apart=limit is not None))
        bar = stack.enter_context(_bar(loaded.name, total))
        progress = _Progress(loaded, pool, store, bar, limit)
        progress.drive(runs)
    rows = store.rows(list(progress.order)) if store else [progress.memory[run_id] for run_id in progress.order]
    return Sweep(rows, progress.reused, time.perf_counter() - start)


def _bar(study: str, total: int | None) -> tqdm[Any]:
    shape = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]" if total is not None else None
    return tqdm(total=total, desc=study, unit="run", disable=None, bar_format=shape)  # None: only on a terminal


class _Progress:
    """A sweep under way: a few batches at the workers, as long as the pace of the runs suggests."""

    def __init__(self, study: Study, pool: Workers, store: Store | None, bar: tqdm[Any], limit: Limit | None) -> None:
        self.study, self.pool, self.store, self.bar, self.limit = study, pool, store, bar, limit
        self.finished = store.finished() if store else set[str]()
        self.order: dict[str, None] = {}
        self.memory: dict[str, Row] = {}
        self.reused = 0
        self._pending: dict[Future[list[Row]], list[Task]] = {}
        self._suspects: deque[Task] = deque()  # were under way when a process died; made again one at a time
        self._singles: deque[Task] = deque()  # were on a cluster's worker that died; made again each by itself
        self._died: set[str] = set()
        self._alone = False
        self._pace_s = BATCH_S
        self._queue: LongestFirst | None = None

    def drive(self, runs: Iterable[Run]) -> None:
        todo = self._todo(runs)
        if isinstance(runs, Sequence):
            todo = self._queue = LongestFirst(todo)
        self._fill(todo)
        while self._pending:
            for future in wait(self._pending, return_when=FIRST_COMPLETED).done:
                self._collect(future, self._pending.pop(future))
            self._fill(todo)

    def _todo(self, runs: Iterable[Run]) -> Iterator[Task]:
        for run in runs:
            if reserved := set(run.levers) & set(IDENTITY):
                raise InputError(f"{self.study.name}: lever {min(reserved)!r} has the name of a column of every table")
            for key, value in run.levers.items():
                _plain(key, value)
            run_id = studies.run_id(self.study.name, run)
            if run_id in self.order:
                raise InputError(f"{self.study.name}: {run} is in the grid twice; allowed: runs that differ")
            self.order[run_id] = None
            if run_id in self.finished:
                self.reused += 1
                self.bar.update(1)
            else:
                yield run_id, run

    def _fill(self, todo: Iterator[Task]) -> None:
        if self._suspects:
            if not self._pending:
                self._alone = True
                self._submit([self._suspects.popleft()])
            return
        self._alone = self._alone and bool(self._pending)
        while not self._alone and len(self._pending) < self.pool.window:
            batch = [self._singles.popleft()] if self._singles else list(islice(todo, self._batch_size))
            if not batch:
                return
            self._submit(batch)

    @property
    def _batch_size(self) -> int:
        return max(1, min(LARGEST_BATCH, int(BATCH_S / max(self._pace_s, 1e-6))))

    def _submit(self, batch: list[Task]) -> None:
        study = self.study if self.study.source else self.study.name
        self._pending[self.pool.submit(_work, Batch(study, batch), self.limit)] = batch

    def _collect(self, future: Future[list[Row]], batch: list[Task]) -> None:
        error = future.exception()
        if isinstance(error, BrokenExecutor):
            self.pool.renew(error)
            if not self._alone:
                self._try_again(batch, error)
                return
        rows = [_failure(self.study.name, *task, error, self.limit) for task in batch] if error else future.result()
        self._pace_s = 0.5 * self._pace_s + 0.5 * float(np.mean([row["seconds"] for row in rows]))
        if self._queue is not None:
            for (_, run), row in zip(batch, rows, strict=True):
                self._queue.took(run, row["seconds"])
        if self.store:
            self.store.save(rows)
        else:
            self.memory |= {row["run_id"]: row for row in rows}
        self._show(len(rows))

    def _try_again(self, batch: list[Task], error: BrokenExecutor) -> None:
        """Make runs again whose process died: those of one worker of many beside what the others do, at first.

        A worker that is killed or taken away has nothing to do with its runs, and the others need not wait for them.
        """
        for task in batch:
            beside = isinstance(error, WorkerDied) and task[0] not in self._died
            (self._singles if beside else self._suspects).append(task)
            self._died.add(task[0])

    def _show(self, ended: int) -> None:
        """Show that runs have ended, and how long the rest will take, sort by sort: the longest runs come first."""
        left_s = None
        if self._queue is not None and not self.bar.disable:
            left_s = self._queue.left_s(task for batch in self._pending.values() for task in batch)
        if left_s is not None:
            self.bar.set_postfix_str(f"about {tqdm.format_interval(left_s / self.pool.at_once)} left", refresh=False)
        self.bar.update(ended)


def _work(batch: Batch, limit: Limit | None) -> list[Row]:
    """Rows of a batch of runs."""
    (study, tasks), rows = batch.open(), []
    with told_apart():
        for run_id, run in tasks:
            rows.append(_row(study, run_id, run, limit))
            forgotten.collect()
    return rows


def _row(study: Study, run_id: str, run: Run, limit: Limit | None) -> Row:
    start = time.perf_counter()
    try:
        with limit.of(run_id) if limit else nullcontext():
            outcomes = {key: _plain(key, value) for key, value in study.execute(run).items()}
        if twice := (set(outcomes) & set(run.levers)):
            raise ValueError(f"outcome {min(twice)!r} has the name of a lever")
    except BaseException as error:  # whatever is wrong with one run must not end the others, sys.exit() included
        if pressed(error):
            raise
        return _failure(study.name, run_id, run, error) | {"seconds": time.perf_counter() - start}
    row = _identity(study.name, run_id, run, "done", None)
    outcomes = {key: value for key, value in outcomes.items() if key not in row}
    return row | outcomes | {"seconds": time.perf_counter() - start}


def _failure(study: str, run_id: str, run: Run, error: BaseException, limit: Limit | None = None) -> Row:
    died = isinstance(error, BrokenExecutor)
    what = f"{type(error).__name__}: {limit.told(run_id) if limit else 'its process died'}" if died else said(error)
    return _identity(study, run_id, run, "failed", what) | {"seconds": 0.0}


def _identity(study: str, run_id: str, run: Run, status: str, error: str | None) -> Row:
    values = (run_id, study, run.regime, run.seed, status, error)
    return dict(zip(IDENTITY, values, strict=True)) | {key: _plain(key, value) for key, value in run.levers.items()}


def _plain(key: str, value: Any) -> Any:
    """A number or a string as Python's own type."""
    value = value.item() if isinstance(value, np.generic) else value
    if not isinstance(key, str):
        raise InputError(f"{key!r} is no name; allowed: strings as names of levers and outcomes")
    if value is not None and not isinstance(value, bool | int | float | str):
        raise InputError(f"{key!r} is a {type(value).__name__}; allowed: numbers and strings")
    if isinstance(value, int) and not -WHOLE <= value < WHOLE:
        raise InputError(f"{key!r} is a whole number of {value.bit_length()} bits; allowed: up to 63 bits and a sign")
    return value
