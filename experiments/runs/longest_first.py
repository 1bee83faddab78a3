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
        self._places = {sort: place for place, sort in enumerate(self._left)}
        self._seconds: dict[Sort, float] = {}
        # the longest first, of equals the first of the grid; what has changed since it was put here is passed over
        self._waiting = [(-math.inf, place, sort) for sort, place in self._places.items()]

    def __next__(self) -> Task:
        """Hand out the next run."""
        sort = self._untried.popleft() if self._untried else self._longest()
        tasks = self._left[sort]
        task = tasks.popleft()
        if not tasks:
            del self._left[sort]
        return task

    def took(self, run: Run, seconds: float) -> None:
        """Take note of how long a run took [s]."""
        sort = sort_of(run)
        if seconds > self._seconds.get(sort, -math.inf):
            self._seconds[sort] = seconds
            heapq.heappush(self._waiting, (-seconds, self._places[sort], sort))

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
