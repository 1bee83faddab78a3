"""The order of a sweep: every run once, one of each sort first, then those that take longest."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.runs.longest_first import LongestFirst, sort_of
from experiments.runs.study import Run

RUN = st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.integers(0, 5))


def tasks(cells: list[tuple[str, int, int]]) -> list[tuple[str, Run]]:
    return [(str(at), Run({"lever": lever}, regime, seed)) for at, (regime, lever, seed) in enumerate(cells)]


@given(st.lists(RUN, unique=True), st.data())
def test_every_run_is_handed_out_once_however_long_runs_take(cells: list, data: st.DataObject) -> None:
    grid, got = tasks(cells), []
    queue = LongestFirst(grid)
    for task in queue:
        got.append(task)
        queue.took(task[1], data.draw(st.floats(0.0, 100.0)))
    assert sorted(task[0] for task in got) == sorted(task[0] for task in grid)


def test_one_of_each_sort_comes_first_and_then_the_longest() -> None:
    seconds = {"a": 1.0, "b": 5.0, "c": 3.0}
    queue, order = LongestFirst(tasks([(regime, 0, seed) for seed in range(3) for regime in "abc"])), []
    for _, run in queue:
        order.append(run.regime)
        queue.took(run, seconds[run.regime])
    assert "".join(order) == "abc" + "bb" + "cc" + "aa"


def test_a_sort_of_which_no_run_has_ended_comes_before_those_that_are_known() -> None:
    queue = LongestFirst(tasks([(regime, 0, seed) for seed in range(2) for regime in "ab"]))
    first, _ = next(queue), next(queue)
    queue.took(first[1], 100.0)
    assert next(queue)[1].regime == "b"


@given(st.lists(RUN, unique=True), st.data())
def test_each_is_the_longest_of_those_that_are_left(cells: list, data: st.DataObject) -> None:
    left = tasks(cells)
    queue, known, tried = LongestFirst(left), {}, set()
    for task in queue:
        sort = sort_of(task[1])
        if {sort_of(run) for _, run in left} <= tried:
            assert known.get(sort, math.inf) == max(known.get(sort_of(run), math.inf) for _, run in left)
        left.remove(task)
        tried.add(sort)
        if data.draw(st.booleans()):
            seconds = data.draw(st.floats(0.0, 100.0))
            queue.took(task[1], seconds)
            known[sort] = max(seconds, known.get(sort, 0.0))


@given(st.lists(RUN, unique=True, min_size=1), st.data())
def test_the_time_left_is_that_of_each_sort_times_its_runs(cells: list, data: st.DataObject) -> None:
    grid = tasks(cells)
    seconds = {sort_of(run): data.draw(st.floats(0.1, 100.0)) for _, run in grid}
    queue, left, known = LongestFirst(grid), list(grid), {}
    assert queue.left_s() is None
    for task in queue:
        queue.took(task[1], seconds[sort_of(task[1])])
        known[sort_of(task[1])] = seconds[sort_of(task[1])]
        left.remove(task)
        usual = sum(known.values()) / len(known)
        expected = sum(known.get(sort_of(run), usual) for _, run in left)
        assert queue.left_s() == pytest.approx(expected, abs=1e-6)
        assert queue.left_s([task]) == pytest.approx(expected + known[sort_of(task[1])], abs=1e-6)
    assert queue.left_s() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.slow
def test_a_hundred_thousand_runs_are_handed_out() -> None:
    """A time that grows with the square of their number would be hours: whoever looks for what hangs ends it."""
    grids = {
        "sorts": tasks([("a", lever, seed) for seed in range(2) for lever in range(50_000)]),
        "seeds": tasks([("a", 0, seed) for seed in range(100_000)]),
    }
    for grid in grids.values():
        queue, count = LongestFirst(grid), 0
        for _, run in queue:
            queue.took(run, 1.0 + run.seed)
            count += 1
        assert count == len(grid)
