"""What is known of the error of hedges: at finite distances, in the limit, and where slots are missed."""

from __future__ import annotations

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


def test_the_integral_over_a_life_gives_the_published_limit() -> None:
    assert np.sqrt(3.0 * errors.integrated_variance(720.0, HOURLY, 100.0)) == pytest.approx(0.7371, abs=5.1e-5)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 0.5), st.floats(0.2, 20.0))
def test_every_slot_belongs_to_one_hedge(rate: float, mean: float) -> None:
    """Stretches from each slot in which there is a hedge cover all slots once."""
    slots = 60
    begins = errors.chances(rate, mean, 1.0, slots)
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
