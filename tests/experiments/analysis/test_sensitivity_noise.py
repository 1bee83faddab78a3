"""The share of noise in a design: exact where points and seeds add up, and free of scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from experiments.analysis.sensitivity import noise_share, whole_strands

effects = st.lists(st.floats(-100.0, 100.0), min_size=2, max_size=6)


@given(effects, effects, st.floats(0.1, 10.0), st.floats(-100.0, 100.0))
def test_where_points_and_seeds_add_up_it_is_the_seeds_variance_over_both(
    points: list[float], seeds: list[float], scale: float, shift: float
) -> None:
    within, between = float(np.var(seeds, ddof=1)), float(np.var(points, ddof=1))
    assume(between > 1e-3)
    values = np.add.outer(np.array(points), np.array(seeds))
    assert noise_share(values) == pytest.approx(within / (within + between), rel=1e-6, abs=1e-9)
    assert noise_share(scale * values + shift) == pytest.approx(noise_share(values), rel=1e-6, abs=1e-9)


def test_it_is_right_on_average_where_points_have_noise_of_their_own() -> None:
    generator = np.random.default_rng(1)
    found = [noise_share(generator.normal(0.0, 2.0, (50, 1)) + generator.normal(0.0, 1.0, (50, 4))) for _ in range(200)]
    assert np.mean(found) == pytest.approx(0.2, abs=0.01)


def test_where_points_do_not_differ_all_is_noise_and_one_seed_tells_nothing() -> None:
    assert noise_share(np.array([[1.0, 2.0], [2.0, 1.0]])) == 1.0
    assert np.isnan(noise_share(np.array([[1.0], [2.0]])))
    assert np.isnan(noise_share(np.ones((3, 3))))


@given(st.integers(1, 6), st.integers(1, 4), st.integers(1, 3), st.data())
def test_exactly_the_strands_with_a_hole_are_not_whole(
    strands: int, length: int, seeds: int, data: st.DataObject
) -> None:
    numbers = np.repeat(np.arange(strands), length)
    values = np.zeros((numbers.size, seeds))
    holes = data.draw(st.lists(st.tuples(st.integers(0, numbers.size - 1), st.integers(0, seeds - 1)), max_size=4))
    for hole in holes:
        values[hole] = np.nan
    expected = [number not in {numbers[point] for point, _ in holes} for number in numbers]
    assert whole_strands(numbers.tolist(), values).tolist() == expected
