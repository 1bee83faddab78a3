"""What is known of the error of hedges: at finite distances, in the limit, and where slots are missed."""

from __future__ import annotations

from functools import cache
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from experiments.analysis import hedge_errors as errors

HOURLY = 0.8 / np.sqrt(365.0 * 24.0)


@pytest.mark.parametrize(("n", "known"), [(30, 1.4262), (120, 0.7248)])
def test_the_variance_at_finite_distances_is_what_is_known(n: int, known: float) -> None:
    found = errors.hedge_variance(np.ones((n, 1)), 720.0 / n, HOURLY, 100.0)
    assert np.sqrt(found) == pytest.approx(known, abs=5.1e-5)


@pytest.mark.parametrize(("late", "known"), [(1.0, 0.8317), (2.0, 0.9263)])
def test_the_variance_of_late_hedges_is_what_is_known(late: float, known: float) -> None:
    found = errors.hedge_variance(np.ones((120, 1)), 6.0, HOURLY, 100.0, late)
    assert np.sqrt(found) == pytest.approx(known, abs=5.1e-5)


@pytest.mark.parametrize("down", [0.0, 0.4])
def test_the_variance_with_outages_is_that_of_all_paths_of_the_sequencer(down: float) -> None:
    """Every path of a few slots with its chance, and over each stretch what its hedge misses, drawn nowhere."""
    slots, step, rate, mean = 6, 60.0, 1.0 / 200.0, 90.0
    leave, back = np.linalg.matrix_power(
        np.eye(2) + np.array([[-rate, rate], [1 / mean, -1 / mean]]) * step / 2**22, 2**22
    )
    first, expected = (1.0 - down, down), 0.0
    for path in product((0, 1), repeat=slots):  # 1: down
        chance = first[path[0]] * np.prod([(leave, back)[a][b] for a, b in pairwise(path)])
        made = [0, *(slot for slot in range(1, slots) if not path[slot])]
        for begin, end in zip(made, [*made[1:], slots], strict=True):
            expected += float(chance) * missed(begin * step, (end - begin) * step, (slots - begin) * step)
    found = errors.hedge_variance(errors.chances(rate, mean, step, slots, down), step, HOURLY, 100.0)
    assert found == pytest.approx(expected, rel=2e-4)


@cache
def missed(before: float, after: float, left: float) -> float:
    """Mean square of C(S_{t+h}) - C(S_t) - delta (S_{t+h} - S_t), by quadrature over both prices."""
    wide, narrow = np.linspace(-8.0, 8.0, 301), np.linspace(-8.0, 8.0, 301)
    weights = norm.pdf(wide) / norm.pdf(wide).sum(), norm.pdf(narrow) / norm.pdf(narrow).sum()
    first = 100.0 * np.exp(HOURLY * np.sqrt(before) * wide - 0.5 * HOURLY**2 * before)[:, None]
    then = first * np.exp(HOURLY * np.sqrt(after) * narrow - 0.5 * HOURLY**2 * after)
    (value, delta), (later, _) = call(first, left), call(then, left - after)
    return float(weights[0] @ ((later - value - delta * (then - first)) ** 2 @ weights[1]))


def call(spot: np.ndarray, left: float) -> tuple[np.ndarray, np.ndarray]:
    """A call of strike 100 and its delta."""
    if left <= 0.0:
        return np.maximum(spot - 100.0, 0.0), np.heaviside(spot - 100.0, 0.5)
    sd = HOURLY * np.sqrt(left)
    away = np.log(spot / 100.0) / sd + 0.5 * sd
    return spot * norm.cdf(away) - 100.0 * norm.cdf(away - sd), norm.cdf(away)


@pytest.mark.parametrize("mean", [30.0, 120.0])
def test_who_is_down_after_a_while_is_who_is_not_up(mean: float) -> None:
    up = errors.chances(1.0 / 600.0, mean, 15.0, 17).sum(axis=1)[16]
    assert errors.down(1.0 / 600.0, mean, 240.0) == pytest.approx(1.0 - up)


def test_the_integral_over_a_life_gives_the_published_limit() -> None:
    assert np.sqrt(3.0 * errors.integrated_variance(720.0, HOURLY, 100.0)) == pytest.approx(0.7371, abs=5.1e-5)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 0.5), st.floats(0.2, 20.0), st.floats(0.0, 1.0))
def test_every_slot_belongs_to_one_hedge(rate: float, mean: float, down: float) -> None:
    """Stretches from each slot in which there is a hedge cover all slots once."""
    slots = 60
    begins = errors.chances(rate, mean, 1.0, slots, down)
    cover = sum(float(begins[at] @ np.minimum(np.arange(1, slots + 1), slots - at)) for at in range(slots))
    assert cover == pytest.approx(slots)


@pytest.mark.parametrize(("rate", "mean"), [(0.05, 3.0), (0.2, 1.0)])
def test_the_chain_of_slots_is_that_of_drawn_outages(rate: float, mean: float) -> None:
    rng, slots, draws, aged = np.random.default_rng(5), 40, 4000, 0.0
    for _ in range(draws):
        ends = np.cumsum(rng.exponential(np.tile([1.0 / rate, mean], 60)))
        down = np.searchsorted(ends, np.arange(1, slots)) % 2 == 1
        made = np.append(0, 1 + np.flatnonzero(~down))
        aged += float((0.5 * np.diff(np.append(made, slots)) ** 2).sum()) / slots
    assert errors.mean_age(errors.chances(rate, mean, 1.0, slots), 1.0) == pytest.approx(aged / draws, rel=0.04)


def test_what_is_integrated_over_a_life_is_the_rate() -> None:
    tenor = 720.0
    angles = (np.arange(2000) + 0.5) / 2000 * 0.5 * np.pi
    values = [errors.rate(tenor * np.sin(angle), tenor, HOURLY, 100.0) * tenor * np.cos(angle) for angle in angles]
    assert np.mean(values) * 0.5 * np.pi == pytest.approx(errors.integrated_variance(tenor, HOURLY, 100.0), rel=1e-6)


def test_what_hedges_trade_is_the_mean_over_drawn_prices() -> None:
    rng, slots, step, price = np.random.default_rng(3), 12, 60.0, 100.0
    moves = rng.normal(-0.5 * HOURLY**2 * step, HOURLY * np.sqrt(step), (40_000, slots))
    spots = np.exp(np.concatenate([np.zeros((40_000, 1)), moves.cumsum(axis=1)], axis=1))
    sd = HOURLY * np.sqrt(step * np.arange(slots, 0, -1))
    deltas = np.append(norm.cdf(np.log(spots[:, :-1]) / sd + 0.5 * sd), spots[:, -1:] > 1.0, axis=1)
    traded = price * (spots[:, 1:] * np.abs(np.diff(deltas, axis=1))).sum(axis=1)
    assert errors.turnover(slots, step, HOURLY, price) == pytest.approx(traded.mean(), rel=0.01)
