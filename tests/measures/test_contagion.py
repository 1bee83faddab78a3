"""Measures of cascades: hand-made liquidations with known answers, and a tail with a known index."""

from __future__ import annotations

import numpy as np
import pytest

from market.measures import contagion

TIME = [10.0, 12.0, 60.0, 200.0, 230.0]
ROLLUP = [0, 1, 1, 0, 2]
VALUE = [5.0, 1.0, 2.0, 4.0, 3.0]


def test_bursts_end_with_a_quiet_minute() -> None:
    assert contagion.bursts(TIME, VALUE).tolist() == [8.0, 7.0]
    assert contagion.bursts(TIME, VALUE, quiet_s=20.0).tolist() == [6.0, 2.0, 4.0, 3.0]
    assert contagion.bursts([0.0, 60.0], [1.0, 2.0]).tolist() == [1.0, 2.0]
    assert contagion.bursts([], []).size == 0


def test_peak_is_the_fullest_window() -> None:
    assert contagion.peak(TIME, VALUE) == 8.0
    assert contagion.peak(TIME, VALUE, window_s=50.0) == 7.0
    assert contagion.peak([0.0, 60.0], [1.0, 2.0]) == 2.0
    assert contagion.peak([], []) == 0.0


def test_rollups_are_hit_together_only_within_one_window() -> None:
    debt = [100.0, 100.0, 100.0, 0.0]
    assert contagion.hit_together(TIME, ROLLUP, VALUE, debt, 0.03) == 2
    assert contagion.hit_together(TIME, ROLLUP, VALUE, debt, 0.03, window_s=20.0) == 1
    assert contagion.hit_together(TIME, ROLLUP, VALUE, debt, 0.06) == 0
    assert contagion.hit_together([], [], [], debt, 0.1) == 0


def test_spread_sums_what_each_rollup_did_to_each() -> None:
    found = contagion.spread([0, 1, 1], [10.0, 4.0, 6.0], [[0.0, 0.0], [1.0, 0.0], [0.5, 0.5]], 2)
    assert found.tolist() == [[0.0, 7.0], [0.0, 3.0]]


@pytest.mark.parametrize("index", [0.8, 1.5, 3.0])
def test_hill_finds_the_index_of_a_pareto_sample(index: float) -> None:
    """Within three of its own standard errors; exact Pareto, so that every choice of k is unbiased."""
    sample = np.random.default_rng(7).pareto(index, 20_000) + 1.0
    for largest in (200, 2000):
        found, error = contagion.hill(sample, largest)
        assert error == pytest.approx(found / np.sqrt(largest))
        assert abs(found - index) < 3.0 * error


def test_hill_by_hand_and_without_a_tail() -> None:
    found, error = contagion.hill([np.e**3, np.e**2, np.e, 0.0], 2)
    assert (found, error) == (pytest.approx(2.0 / 3.0), pytest.approx(2.0 / 3.0 / np.sqrt(2.0)))
    assert np.isnan(contagion.hill([1.0, 2.0], 2)).all()
    assert np.isnan(contagion.hill([2.0, 2.0, 2.0], 2)).all()
    with pytest.raises(ValueError, match="largest"):
        contagion.hill([1.0, 2.0], 0)


def test_recovery_waits_for_prices_and_for_calm() -> None:
    sampled = np.arange(0.0, 400.0)
    gaps = np.zeros((400, 2))
    gaps[5:40, 1] = -0.02
    # prices are back at 40 s, the last liquidations leave the window of 60 s at 290 s
    assert contagion.recovery_s(TIME, VALUE, gaps, sampled, 50.0, 0.0) == 290.0 - 10.0
    assert contagion.recovery_s(TIME, VALUE, gaps, sampled, 50.0, 8.0) == 40.0 - 10.0
    assert contagion.recovery_s(TIME, VALUE, gaps, sampled, 300.0, 8.0) == 0.0
    # not within the record: as long as it is known to last
    assert contagion.recovery_s(TIME, VALUE, gaps - 0.01, sampled, 50.0, 8.0) == 399.0 - 10.0
    assert contagion.recovery_s([], [], gaps, sampled, 50.0, 8.0) == 0.0
