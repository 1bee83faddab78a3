"""Slices of a grid: none of its runs in two of them, and every one in one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.runs import slices
from experiments.runs.slices import Slice
from experiments.runs.study import Run

names = st.integers(0, 16**16 - 1).map(lambda number: f"{number:016x}")


@given(st.lists(names, unique=True), st.integers(1, 50))
def test_every_run_is_in_exactly_one_slice(run_ids: list[str], of: int) -> None:
    held = [[run_id for run_id in run_ids if Slice(number, of).holds(run_id)] for number in range(1, of + 1)]
    assert sorted(run_id for part in held for run_id in part) == sorted(run_ids)


def test_slices_do_not_depend_on_the_order_of_the_grid_and_are_about_as_long() -> None:
    grid = [Run({"bias": bias}, "siloed", seed) for bias in (0.1, 0.2, 0.3) for seed in range(400)]
    parts = [Slice(number, 4).runs("coins", grid) for number in (1, 2, 3, 4)]
    backwards = [Slice(number, 4).runs("coins", reversed(grid)) for number in (1, 2, 3, 4)]
    assert [part[::-1] for part in backwards] == parts
    assert all(240 <= len(part) <= 360 for part in parts)


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "1/0", "-1/4", "1/4/2", "1.0/4", "1/20000", "a/b", " 1/4"])
def test_what_is_no_slice(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        slices.parse(text)


def test_a_slice_is_read_as_it_is_written() -> None:
    assert slices.parse("3/12") == Slice(3, 12)
    assert str(Slice(3, 12)) == "3/12"
