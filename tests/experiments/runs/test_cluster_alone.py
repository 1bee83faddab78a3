"""A cluster by itself, with a stand-in for Dask: who gets ready when, and what becomes of runs whose worker died."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from experiments.runs.cluster import Cluster, WorkerDied
from experiments.runs.source import Source, checked, held_by_worker
from experiments.runs.study import Run, Study
from experiments.runs.sweep import sweep

SOURCE = Source("code", "study", (), ".", ())


class Sent:
    """What was sent to a worker; it is done when the test says so."""

    def __init__(self, work: Callable[..., Any], worker: str) -> None:
        self.work, self.worker, self.status = work, worker, "pending"
        self._answer: Any = None
        self._heard: list[Callable[[Any], Any]] = []

    def add_done_callback(self, hear: Callable[[Any], Any]) -> None:
        self._heard.append(hear)

    def exception(self) -> None:
        return None

    def result(self, timeout: float) -> Any:
        del timeout
        return self._answer

    def cancel(self) -> None:
        self.status = "cancelled"

    def done(self, answer: Any = None) -> None:
        self.status, self._answer = "finished", answer
        for hear in self._heard:
            hear(self)


class Client:
    """A client of a scheduler whose workers come and go as the test says."""

    status = "running"

    def __init__(self, *workers: str) -> None:
        self.workers = dict.fromkeys(workers, 1)
        self.sent: list[Sent] = []

    def nthreads(self) -> dict[str, int]:
        return dict(self.workers)

    def submit(self, work: Callable[..., Any], source: Source, *rest: Any, workers: list[str], pure: bool) -> Sent:
        del source, pure
        self.sent.append(Sent(rest[0] if work is checked else work, workers[0]))
        return self.sent[-1]

    def waiting(self, work: Callable[..., Any]) -> list[Sent]:
        """What was sent of some work and is not done."""
        return [sent for sent in self.sent if sent.work is work and sent.status == "pending"]


def ready() -> None:
    """What a machine needs before runs."""


def work() -> None:
    """A run."""


A, B, C = "tcp://10.0.0.1:1", "tcp://10.0.0.1:2", "tcp://10.0.0.2:1"


@pytest.fixture
def clusters() -> Iterator[Callable[..., Cluster]]:
    """Make clusters, which end with the test."""
    made: list[Cluster] = []

    def make(client: Client, **more: Any) -> Cluster:
        made.append(Cluster(client, "tcp://scheduler", SOURCE, lambda line: None, **more))
        return made[-1]

    yield make
    for cluster in made:
        cluster.shutdown()


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60.0
    while not happened():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.01)


def accepted(client: Client, count: int) -> None:
    """All workers have said that they hold the source."""
    until(lambda: len(client.waiting(held_by_worker)) == count)
    for sent in client.waiting(held_by_worker):
        sent.done("code")


def test_one_worker_of_each_machine_gets_it_ready_before_anything_is_sent_there(
    clusters: Callable[..., Cluster],
) -> None:
    client = Client(A, B, C)
    cluster = clusters(client, ready=ready)
    for _ in range(3):
        cluster.submit(work)
    accepted(client, 3)
    until(lambda: len(client.waiting(ready)) == 2)
    first, other = client.waiting(ready)
    assert {first.worker in (A, B), other.worker in (A, B)} == {True, False}
    assert client.waiting(work) == []
    [of_c] = [sent for sent in client.waiting(ready) if sent.worker == C]
    of_c.done()
    until(lambda: [sent.worker for sent in client.waiting(work)] == [C])
    [of_ab] = client.waiting(ready)
    of_ab.done()
    until(lambda: len(client.waiting(work)) == 3)
    assert {sent.worker for sent in client.waiting(work)} == {A, B, C}
    assert sum(sent.work is ready for sent in client.sent) == 2


def test_where_it_dies_of_that_another_of_the_machine_gets_it_ready(clusters: Callable[..., Cluster]) -> None:
    client = Client(A, B)
    cluster = clusters(client, ready=ready)
    cluster.submit(work)
    accepted(client, 2)
    until(lambda: client.waiting(ready))
    [first] = client.waiting(ready)
    first.status = "lost"
    del client.workers[first.worker]
    until(lambda: client.waiting(ready))
    [second] = client.waiting(ready)
    assert second.worker != first.worker
    second.done()
    until(lambda: client.waiting(work))


def test_without_anything_to_get_ready_runs_are_sent_at_once(clusters: Callable[..., Cluster]) -> None:
    client = Client(A)
    cluster = clusters(client)
    cluster.submit(work)
    accepted(client, 1)
    until(lambda: client.waiting(work))


class Dying(Executor):
    """Does what it is given, but dies of some runs, as often as stated."""

    def __init__(self, deaths: dict[int, int]) -> None:
        self.deaths, self.given, self._lock = deaths, list[list[int]](), threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        batch, promised = args[0], Future[Any]()
        seeds = [run.seed for _, run in batch.open()[1]]
        with self._lock:
            self.given.append(seeds)
            fatal = [seed for seed in seeds if self.deaths.get(seed, 0)]
            for seed in fatal[:1]:
                self.deaths[seed] -= 1
        if fatal:
            promised.set_exception(WorkerDied("worker died"))
        else:
            promised.set_result(fn(*args, **kwargs))
        return promised


def swept(executor: Dying, count: int = 6) -> list[dict[str, Any]]:
    runs = [Run({}, "", seed) for seed in range(count)]
    study: Any = Study(
        "counted", "", "", "", (), lambda *_: runs, lambda found: found, None, None, None,
        lambda run: {"seconds": 0.0}, False, source="a.module",
    )  # fmt: skip
    return sweep(study, runs, executor, workers=2).rows


def test_runs_of_a_worker_that_was_taken_away_are_made_again_by_themselves() -> None:
    executor = Dying({3: 1})
    assert [row["status"] for row in swept(executor)] == ["done"] * 6
    [lost] = [seeds for seeds in executor.given if 3 in seeds][:1]
    assert [seeds for seeds in executor.given if 3 in seeds] == [lost, [3]]


def test_a_run_that_its_workers_die_of_fails_alone_and_after_three_times() -> None:
    executor = Dying({3: 99})
    rows = swept(executor)
    assert [row["seed"] for row in rows if row["status"] == "failed"] == [3]
    assert "its process died" in next(row["error"] for row in rows if row["seed"] == 3)
    assert sum(3 in seeds for seeds in executor.given) == 3
    assert executor.given[-1] == [3]
