"""The order in which a sweep hands out its runs: the longest first, so that all workers end together."""

from __future__ import annotations

import math
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
        self._left: dict[Sort, list[Task]] = {}
        for task in tasks:
            self._left.setdefault(sort_of(task[1]), []).append(task)
        self._untried = list(reversed(self._left))
        self._seconds: dict[Sort, float] = {}

    def __next__(self) -> Task:
        """Hand out the next run."""
        if self._untried:
            sort = self._untried.pop()
        elif self._left:
            sort = max(self._left, key=lambda sort: self._seconds.get(sort, math.inf))
        else:
            raise StopIteration
        tasks = self._left[sort]
        task = tasks.pop(0)
        if not tasks:
            del self._left[sort]
        return task

    def took(self, run: Run, seconds: float) -> None:
        """Take note of how long a run took [s]."""
        sort = sort_of(run)
        self._seconds[sort] = max(seconds, self._seconds.get(sort, 0.0))


def sort_of(run: Run) -> Sort:
    """Return the regime and the levers of a run."""
    return run.regime, tuple(sorted(run.levers.items()))
