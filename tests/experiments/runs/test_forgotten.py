"""A sweep gives back what its runs needed."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from experiments.runs import forgotten, sweep
from experiments.runs.study import Run
from experiments.runs.workers import Workers


class Circle:
    """Something that refers to itself, as a market does by its agents."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def never_collected() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("never_collected")
def test_what_a_run_made_is_gone_before_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgotten, "AFTER_S", 0.0)
    made: list[weakref.ref[Circle]] = []
    alive: list[int] = []

    def execute(run: Run) -> dict[str, float]:
        alive.append(sum(one() is not None for one in made))
        made.append(weakref.ref(Circle()))
        return {"outcome": 1.0}

    study: Any = SimpleNamespace(name="circles", execute=execute)
    tasks = [(str(seed), Run({}, "siloed", seed)) for seed in range(3)]
    batch: Any = SimpleNamespace(open=lambda: (study, tasks))
    rows = sweep._work(batch, None)
    assert [row["status"] for row in rows] == ["done"] * 3
    assert alive == [0, 0, 0]


@pytest.mark.usefixtures("never_collected")
def test_short_runs_do_not_pay_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgotten, "AFTER_S", 1e9)
    one = weakref.ref(Circle())
    forgotten.collect()
    assert one() is not None


def test_a_process_that_makes_runs_looks_through_what_it_holds_once_and_holds_nothing_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forgotten, "AFTER_S", 0.0)
    frozen: list[int] = []
    with Workers(None, workers=1, warm=False) as workers:
        for _ in range(2):
            workers.submit(forgotten.collect)
            frozen.append(gc.get_freeze_count())
    assert min(frozen) > 0
    assert gc.get_freeze_count() == 0


def test_what_the_user_has_set_apart_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgotten, "AFTER_S", 0.0)
    gc.freeze()
    try:
        before = gc.get_freeze_count()
        with Workers(None, workers=1, warm=False) as workers:
            workers.submit(forgotten.collect)
            assert gc.get_freeze_count() <= before
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
