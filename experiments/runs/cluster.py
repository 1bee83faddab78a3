"""A Dask cluster as an executor, of those of its workers that hold this very source.

Workers come and go while a sweep is under way. Each is asked, when it is first seen, which source it holds, and asked
again with everything that it is given to do: rows of other source must not be stored under the name of this one. On
each machine one worker gets ready before anything is sent there, so that what is compiled is compiled once and read
from the cache by the others. A batch is sent to one worker, and when that dies the batch is given back, not sent on to
kill the next.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import importlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from experiments.runs.source import OtherSourceError, Source, checked, held_by_worker
from market.errors import InputError

LOOK_S = 1.0
"""How often it is seen who is there."""
WAIT_S = 300.0
"""For how long a sweep waits for a worker when there is none."""
LOST_S = 10.0
"""For how long a scheduler may not answer before it is given up."""


class WorkerDied(BrokenExecutor):
    """The worker that a batch was sent to died; the others go on."""


@contextmanager
def connected(
    address: str, source: Source, say: Callable[[str], Any], ready: Callable[[], Any] | None = None
) -> Iterator[Cluster]:
    """Give the cluster of a scheduler; InputError when distributed is not installed or nobody answers.

    `ready` is what a worker of each machine does before anything is sent there.
    """
    try:
        distributed = importlib.import_module("distributed")
    except ImportError as error:
        raise InputError("--scheduler: needs the extra 'cluster'; `uv sync --extra cluster` installs it") from error
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what it would say, with tracebacks, is said here on a line
    try:
        client = distributed.Client(address, timeout=LOST_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"--scheduler {address}: no answer; allowed: the address of a Dask scheduler") from error
    cluster = Cluster(client, address, source, say, ready=ready)
    try:
        yield cluster
    finally:
        cluster.shutdown()
        with suppress(OSError):
            client.close(timeout=LOST_S)


@dataclass(eq=False)
class _Item:
    """Something to be done."""

    promised: Future[Any]
    work: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass(eq=False)
class _Worker:
    """A worker of the cluster; `accepted` is None until it has said which source it holds."""

    threads: int
    machine: str
    accepted: bool | None = None
    asked: Any = None
    running: dict[_Item, Any] = field(default_factory=dict)


class Cluster(Executor):
    """Executes on the workers of a Dask cluster that hold the source.

    Parameters
    ----------
    client : a `distributed.Client`; it stays its owner's to close
    address : of the scheduler, for messages
    source : what workers must hold
    say : is called with every message, a line
    wait_s : for how long to wait while there is no worker [s]
    ready : what one worker of each machine does before anything is sent there; default: nothing

    What is submitted fails with `WorkerDied` when its worker dies. When the scheduler is gone, when no worker comes, or
    none that holds the source, all of it fails with a BrokenExecutor, whose cause says why.
    """

    def __init__(
        self,
        client: Any,
        address: str,
        source: Source,
        say: Callable[[str], Any],
        wait_s: float = WAIT_S,
        ready: Callable[[], Any] | None = None,
    ) -> None:
        self._client, self._address, self._source = client, address, source
        self._say, self._wait_s, self._ready = say, wait_s, ready
        self._readied: dict[str, str | None] = {}  # machine: which worker gets it ready; None: it is
        self._waiting: deque[_Item] = deque()
        self._workers: dict[str, _Worker] = {}
        self._changed = threading.Condition(threading.RLock())
        self._ended: BrokenExecutor | None = None
        self._answered = self._had_worker = time.monotonic()
        self._said_waiting = False
        self._looked = 0.0
        self._thread = threading.Thread(target=self._attend, daemon=True)
        self._thread.start()

    @property
    def threads(self) -> int:
        """How much can be done at once by the workers that are there now."""
        with self._changed:
            return max(1, sum(worker.threads for worker in self._workers.values() if worker.accepted))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do something on some worker."""
        item = _Item(Future(), functools.partial(fn, **kwargs) if kwargs else fn, args)
        with self._changed:
            if self._ended is not None:
                item.promised.set_exception(self._ended)
                return item.promised
            self._waiting.append(item)
            self._changed.notify()
        return item.promised

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Forget what is not done yet."""
        del cancel_futures
        self._end(RuntimeError("the cluster is not used any more"))
        if wait:
            self._thread.join(timeout=LOST_S)

    def _attend(self) -> None:
        """Look who is there and hand out what is to be done, until the end."""
        while self._ended is None:
            present = self._present() if time.monotonic() - self._looked >= LOOK_S else None
            with self._changed:
                if present is not None:
                    self._looked = time.monotonic()
                    self._update(present)
                    self._judge()
                self._get_ready()
                self._hand_out()
                if self._ended is None:
                    self._changed.wait(timeout=LOOK_S)

    def _present(self) -> dict[str, int] | None:
        """Threads of each worker by address; None while the scheduler does not answer."""
        try:
            if self._client.status != "running":
                raise TimeoutError  # it tries by itself to find the scheduler again
            found = self._client.nthreads()
        except (OSError, TimeoutError, CancelledError, ValueError, RuntimeError):
            if time.monotonic() - self._answered > LOST_S or self._client.status == "closed":
                self._end(
                    ConnectionAbortedError(errno.ECONNABORTED, "the scheduler is gone", f"--scheduler {self._address}")
                )
            return None
        self._answered = time.monotonic()
        return found

    def _update(self, present: dict[str, int]) -> None:
        """Take note of workers that have come and of those that have gone."""
        for address in [address for address in self._workers if address not in present]:
            gone = self._workers.pop(address)
            if self._readied.get(gone.machine) == address:  # before it was done
                del self._readied[gone.machine]
            for item, sent in list(gone.running.items()):
                sent.cancel()
                _fail(item.promised, WorkerDied(f"worker {address} died"))
        for address, threads in present.items():
            if address not in self._workers:
                worker = self._workers[address] = _Worker(threads, _machine(address))
                worker.asked = self._client.submit(held_by_worker, self._source, workers=[address], pure=False)
                worker.asked.add_done_callback(functools.partial(self._hear, address, worker))

    def _judge(self) -> None:
        """Say that there is nobody, and give up when that has lasted too long or will not change."""
        verdicts = [worker.accepted for worker in self._workers.values()]
        if any(verdict is not False for verdict in verdicts):
            self._had_worker, self._said_waiting = time.monotonic(), False
        elif verdicts:
            what = "no worker holds this source; allowed: workers started from it, and again after an edit"
            self._end(InputError(f"--scheduler {self._address}: {what}"))
        elif time.monotonic() - self._had_worker > self._wait_s:
            what = f"no worker came within {self._wait_s:g} s; allowed: a scheduler with workers"
            self._end(InputError(f"--scheduler {self._address}: {what}"))
        elif not self._said_waiting:
            self._said_waiting = True
            self._say(f"--scheduler {self._address}: no worker is there; waiting for one, {self._wait_s:g} s at most")

    def _hear(self, address: str, worker: _Worker, answer: Any) -> None:
        """Accept a worker or refuse it, now that it has said which source it holds."""
        if answer.status not in ("finished", "error"):
            return  # it has gone before it could answer
        try:
            error = answer.exception()
            held = None if error else answer.result(timeout=LOST_S)
        except (OSError, CancelledError, asyncio.CancelledError):
            return
        with self._changed:
            if held == self._source.code:
                worker.accepted = True
            else:
                why = f"holds source {held}, not {self._source.code}" if held else f"{type(error).__name__}: {error}"
                self._refuse(address, worker, why)
            self._changed.notify()

    def _refuse(self, address: str, worker: _Worker, why: str) -> None:
        if worker.accepted is not False:
            worker.accepted = False
            self._say(f"worker {address} {why}; it is not used")

    def _get_ready(self) -> None:
        """Let one of the workers of each machine get it ready."""
        for address, worker in self._workers.items():
            if self._ended is not None or not worker.accepted or worker.machine in self._readied:
                continue
            self._readied[worker.machine] = address if self._ready else None
            if self._ready:
                sent = self._client.submit(checked, self._source, self._ready, workers=[address], pure=False)
                worker.asked = sent  # or it would be forgotten before it is done
                sent.add_done_callback(functools.partial(self._is_ready, address, worker))

    def _is_ready(self, address: str, worker: _Worker, sent: Any) -> None:
        """Take note that a machine is ready; what went wrong there is said, and may show again in the runs."""
        if sent.status not in ("finished", "error"):
            return  # the worker has gone: another one's turn
        error = sent.exception()
        with self._changed:
            if isinstance(error, OtherSourceError):
                self._refuse(address, worker, str(error))
                del self._readied[worker.machine]
            else:
                self._readied[worker.machine] = None
                if error is not None:
                    self._say(f"worker {address} did not get ready: {type(error).__name__}: {error}")
            self._changed.notify()

    def _hand_out(self) -> None:
        for address, worker in self._workers.items():
            if self._readied.get(worker.machine, address) is not None:
                continue
            while self._ended is None and worker.accepted and self._waiting and len(worker.running) < worker.threads:
                item = self._waiting.popleft()
                sent = self._client.submit(
                    checked, self._source, item.work, *item.arguments, workers=[address], pure=False
                )
                worker.running[item] = sent
                sent.add_done_callback(functools.partial(self._receive, address, worker, item))

    def _receive(self, address: str, worker: _Worker, item: _Item, sent: Any) -> None:
        """Pass on what came of something that was sent to a worker."""
        if sent.status not in ("finished", "error"):
            return  # worker or scheduler is gone: that is seen, and answered, when one looks who is there
        try:
            error = sent.exception()
            value = None if error else sent.result(timeout=LOST_S)
        except (OSError, CancelledError, asyncio.CancelledError) as lost:  # it died with the result in its hands
            error, value = WorkerDied(f"worker {address}: {lost}"), None
        with self._changed:
            worker.running.pop(item, None)
            if isinstance(error, OtherSourceError):
                self._refuse(address, worker, str(error))
                self._waiting.appendleft(item)
            elif error is not None:
                died = type(error).__name__ == "KilledWorker"
                _fail(item.promised, WorkerDied(str(error)) if died else error)
            elif not item.promised.done():
                item.promised.set_result(value)
            self._changed.notify()

    def _end(self, error: Exception) -> None:
        with self._changed:
            if self._ended is not None:
                return
            self._ended = BrokenExecutor(str(error))
            self._ended.__cause__ = error
            for worker in self._workers.values():
                for item in worker.running:
                    _fail(item.promised, self._ended)
            while self._waiting:
                _fail(self._waiting.popleft().promised, self._ended)
            self._changed.notify()


def _machine(address: str) -> str:
    """The machine of a worker's address, as in ``tcp://10.0.0.7:40123``."""
    return address.partition("://")[2].rpartition(":")[0]


def _fail(promised: Future[Any], error: BaseException) -> None:
    if not promised.done():
        promised.set_exception(error)
