"""The order in which a sweep hands out its runs: the longest first, so that all workers end together."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from experiments.runs.study import Run

type Task = tuple[str, Run]  # run_id and run
type Sort = tuple[str, tuple[tuple[str, Any], ...]]  # regime and levers: what seeds differ within


class LongestFirst(Iterator[Task]):
    """Hands out one run of each sort in the order of the grid, then the sorts that have proved to take longest.

    How long a run takes its configuration tells badly: what agents do counts for more than slots do. Runs that differ
    by seed alone take about as long as each other. A sort of which no run has ended yet is taken to be a long one.

    Parameters
    ----------
    tasks
        the grid
    """

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._left: dict[Sort, deque[Task]] = {}
        for task in tasks:
            self._left.setdefault(sort_of(task[1]), deque()).append(task)
        self._untried = deque(self._left)
        self._order = {sort: at for at, sort in enumerate(self._left)}
        self._seconds: dict[Sort, float] = {}
        self._mean: dict[Sort, tuple[int, float]] = {}
        self._unknown = sum(map(len, self._left.values()))
        self._known_s = 0.0
        # the longest first, of equals the first of the grid; what has changed since it was put here is passed over
        self._waiting = [(-math.inf, at, sort) for sort, at in self._order.items()]

    def __next__(self) -> Task:
        """Hand out the next run."""
        sort = self._untried.popleft() if self._untried else self._longest()
        tasks = self._left[sort]
        task = tasks.popleft()
        if sort in self._mean:
            self._known_s -= self._mean[sort][1]
        else:
            self._unknown -= 1
        if not tasks:
            del self._left[sort]
        return task

    def took(self, run: Run, seconds: float) -> None:
        """Take note of how long a run took [s]."""
        sort = sort_of(run)
        count, mean = self._mean.get(sort, (0, 0.0))
        more = (seconds - mean) / (count + 1)
        self._mean[sort] = count + 1, mean + more
        left = len(self._left.get(sort, ()))
        self._known_s += left * more
        if not count:
            self._unknown -= left
        if seconds > self._seconds.get(sort, -math.inf):
            self._seconds[sort] = seconds
            heapq.heappush(self._waiting, (-seconds, self._order[sort], sort))

    def left_s(self, under_way: Iterable[Task] = ()) -> float | None:
        """Time that one worker would take for what has not ended [s], as runs of its sort or, of a new one, all took.

        None before any run has ended.
        """
        if not self._mean:
            return None
        usual = sum(mean for _, mean in self._mean.values()) / len(self._mean)
        going = (self._mean.get(sort_of(run), (0, usual))[1] for _, run in under_way)
        return max(0.0, self._known_s) + self._unknown * usual + sum(going)

    def _longest(self) -> Sort:
        while self._waiting:
            first = self._waiting[0]
            if first[2] in self._left and first[0] == -self._seconds.get(first[2], math.inf):
                return first[2]
            heapq.heappop(self._waiting)
        raise StopIteration


def sort_of(run: Run) -> Sort:
    """Return the regime and the levers of a run."""
    return run.regime, tuple(sorted(run.levers.items()))
