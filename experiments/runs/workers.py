"""Who does the work of a sweep: processes of this machine, this process, or a given executor."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from multiprocessing import connection
from typing import Any, Self

from experiments.runs import forgotten
from experiments.runs.cluster import Cluster, WorkerDied


class Workers:
    """Workers on a given executor, or local processes that live for the whole sweep and start with the first run."""

    def __init__(self, given: Executor | None, workers: int, warm: bool, apart: bool = False) -> None:
        self._given, self._workers, self._warm, self._apart = given, workers, warm, apart
        self._executor = given
        self._before = multiprocessing.active_children()

    def __enter__(self) -> Self:
        return self

    @property
    def at_once(self) -> int:
        """How many batches are worked on at a time."""
        return self._given.threads if isinstance(self._given, Cluster) else self._workers

    @property
    def window(self) -> int:
        """How many batches may be under way: one waits for each worker."""
        return 1 if self._given is None and self._workers == 1 else 2 * self.at_once

    def submit[T](self, work: Callable[..., T], *arguments: Any) -> Future[T]:
        """Have something done by the next worker that is free; a pool that has died shows in what this returns."""
        if self._executor is None:
            self._executor = self._start()
            if self._warm and self._workers > 1:
                self._compile()
        try:
            with _interrupts_later() if isinstance(self._executor, ProcessPoolExecutor) else nullcontext():
                return self._executor.submit(work, *arguments)
        except BrokenExecutor as error:
            broken: Future[T] = Future()
            broken.set_exception(error)
            return broken

    def renew(self, error: BrokenExecutor) -> None:
        """Replace local processes after one of them died; a given executor is its owner's to replace."""
        if isinstance(error, WorkerDied):
            return
        if self._given is not None:
            raise error.__cause__ or error
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._given is not None or self._executor is None:
            return
        if kind is not None:
            for process in set(multiprocessing.active_children()) - set(self._before):
                process.terminate()
        # Its thread hangs for ever if the last reference to the executor is dropped while it finds the workers dead.
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> Executor:
        if self._warm and self._apart:  # compiling takes none of a run's time
            _warm(self._workers)
        if self._workers == 1 and not self._apart:
            return _ThisProcess()
        # Spawned, not forked: compiled code and the threads of libraries do not survive a fork reliably.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._workers, mp_context=context, initializer=_begin_worker)

    def _compile(self) -> None:
        """Let two workers begin with what any market has compiled, where it is not: with one half of it each."""
        if self._executor is not None:
            with _interrupts_later():
                self._executor.submit(_compile, "executing")
                self._executor.submit(_compile, "writing")


class _ThisProcess(Executor):
    """An executor without workers: what is submitted is done at once."""

    def __init__(self) -> None:
        forgotten.serve()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work; all that was submitted is done."""
        forgotten.rest()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def _warm(processes: int) -> None:
    """Compile once into the cache that the workers read, rather than once in each of them."""
    from experiments.runs import warm

    warm.everything(processes)


def _compile(part: str) -> None:
    """Compile a part of what markets need, unless that is done."""
    from experiments.runs import warm

    warm.begin(part)


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Hold Ctrl-C back while processes are started, which inherit that: it is the parent who answers to it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_worker() -> None:
    """Leave Ctrl-C to the parent, and do not outlive it when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    forgotten.serve()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
