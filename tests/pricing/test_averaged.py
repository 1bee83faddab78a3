"""Options on the mean of the price over a window: known answers, simulation, and what must hold exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.pricing.averaged import averaged, averaged_volatility, averaged_years, printed_years
from market.pricing.black import black

HOUR = 1.0 / (365.0 * 24.0)
WINDOW = 0.5 * HOUR


@pytest.mark.parametrize(("hours", "expected"), [(1.0, 0.8165), (24.0, 0.9930)])
def test_known_volatilities(hours: float, expected: float) -> None:
    """sigma sqrt(1 - 2 d / (3 T)) for half an hour."""
    assert averaged_volatility(1.0, hours * HOUR, WINDOW) == pytest.approx(expected, abs=6e-5)


@given(first=st.floats(0.0, 1.0), spacing=st.floats(0.0, 0.1), prints=st.integers(1, 60))
def test_prints_vary_as_the_mean_of_all_their_covariances(first: float, spacing: float, prints: int) -> None:
    times = first + spacing * np.arange(prints)
    assert printed_years(first, spacing, prints) == pytest.approx(np.minimum.outer(times, times).mean(), abs=1e-12)


def test_many_prints_are_the_window() -> None:
    years = 3.0 * HOUR
    for prints in (300, 3000):
        step = WINDOW / prints
        found = printed_years(years - WINDOW + step, step, prints)
        assert found == pytest.approx(averaged_years(years, WINDOW), rel=0.5 / prints)


def simulated(spot: float, volatility: float, times: np.ndarray, seed: int) -> np.ndarray:
    """Mean over the given times of a lognormal price without drift, in many runs, each with its mirror image."""
    steps = np.diff(times, prepend=0.0)
    normal = np.random.default_rng(seed).standard_normal((40_000, len(times)))
    normal = np.concatenate([normal, -normal])
    logs = np.cumsum(volatility * np.sqrt(steps) * normal - 0.5 * volatility**2 * steps, axis=1)
    return spot * np.exp(logs).mean(axis=1)


@pytest.mark.parametrize("hours", [0.3, 1.0])
def test_simulated_options_are_worth_as_much(hours: float) -> None:
    """Sixty prints, which the volatility of the window is within a hundredth of; prints' own formula within noise."""
    prints, years, strike, past = 60, hours * HOUR, 99.9, 99.7
    step = WINDOW / prints
    open_ = min(prints, round(years / step))
    times = years - step * np.arange(open_)[::-1]
    mean = (simulated(100.0, 0.8, times, 3) * open_ + past * (prints - open_)) / prints
    paid = np.maximum(mean - strike, 0.0)
    error = paid.reshape(2, -1).mean(axis=0).std() / math.sqrt(len(paid) / 2)
    share = open_ / prints
    exact = math.sqrt(printed_years(times[0], step, open_) / years) * 0.8
    expected = black(share * 100.0, strike - (1.0 - share) * past, years, exact, 0.0, 0.0, True).price
    assert paid.mean() == pytest.approx(expected, abs=4.0 * error)
    found = averaged(100.0, strike, years, 0.8, WINDOW, past, 0.0, 0.0, True).price
    assert found == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("call", [True, False])
def test_delta_falls_in_a_straight_line_within_the_window(call: bool) -> None:
    """Of an option that is sure to be exercised: the share of the average that is still open."""
    strike = 50.0 if call else 150.0
    for share in (1.0, 0.75, 0.5, 0.1):
        found = averaged(100.0, strike, share * WINDOW, 0.8, WINDOW, 100.0, 0.0, 0.0, call)
        assert found.delta == pytest.approx(share if call else -share)
        assert found.price == pytest.approx(50.0)


@given(
    strike=st.floats(99.0, 101.0), share=st.floats(0.02, 3.0), average=st.floats(99.0, 101.0),
    rate=st.floats(0.0, 0.2), call=st.booleans(),
)  # fmt: skip
def test_sensitivities_are_differences(strike: float, share: float, average: float, rate: float, call: bool) -> None:
    years = share * WINDOW
    if abs(years / WINDOW - 1.0) < 1e-3:
        return  # the price has a kink in time where the window begins

    def price(spot: float = 100.0, after: float = 0.0, volatility: float = 0.8) -> float:
        """The price after a time in which the price of the underlying stood still."""
        past = max(WINDOW - years, 0.0)
        mean = (average * past + 100.0 * after) / (past + after) if past > 0.0 else average
        return averaged(spot, strike, years - after, volatility, WINDOW, mean, rate, 0.0, call).price

    found = averaged(100.0, strike, years, 0.8, WINDOW, average, rate, 0.0, call)
    step, up = 1e-4 * years, 1e-3
    assert found.delta == pytest.approx((price(100.0 + up) - price(100.0 - up)) / (2.0 * up), abs=1e-4)
    vega = (price(volatility=0.801) - price(volatility=0.799)) / 0.002
    assert found.vega == pytest.approx(vega, rel=1e-4, abs=1e-6)
    theta = (price(after=step) - price(after=-step)) / (2.0 * step)
    assert found.theta == pytest.approx(theta, rel=1e-3, abs=0.2)


@pytest.mark.parametrize("call", [True, False])
def test_the_window_begins_without_a_jump(call: bool) -> None:
    before, after = (
        averaged(100.0, 100.1, WINDOW * (1.0 + step), 0.8, WINDOW, 100.0, 0.05, 0.0, call) for step in (1e-9, -1e-9)
    )
    assert tuple(before)[:4] == pytest.approx(tuple(after)[:4], rel=1e-6)


@pytest.mark.parametrize(("average", "strike"), [(100.4, 100.0), (99.7, 100.0)])
def test_at_the_end_the_average_is_paid(average: float, strike: float) -> None:
    for call in (True, False):
        side = 1.0 if call else -1.0
        found = averaged(90.0, strike, 0.0, 0.8, WINDOW, average, 0.0, 0.0, call)
        assert found.price == pytest.approx(max(side * (average - strike), 0.0))
        assert found.delta == 0.0


def test_a_call_that_the_past_has_decided_is_a_forward() -> None:
    found = averaged(100.0, 60.0, 0.25 * WINDOW, 0.8, WINDOW, 100.0, 0.0, 0.0, True)
    assert found.price == pytest.approx(0.75 * 100.0 + 0.25 * 100.0 - 60.0)
    assert found.gamma == 0.0
    assert averaged(100.0, 60.0, 0.25 * WINDOW, 0.8, WINDOW, 100.0, 0.0, 0.0, False).price == 0.0


def test_without_a_window_the_last_price_counts() -> None:
    expected = black(100.0, 101.0, HOUR, 0.8, 0.05, 0.01, True)
    assert averaged(100.0, 101.0, HOUR, 0.8, 0.0, 0.0, 0.05, 0.01, True) == pytest.approx(expected)
    assert averaged(102.0, 101.0, 0.0, 0.8, 0.0, 0.0, 0.05, 0.01, True).price == pytest.approx(1.0)
    assert math.isnan(averaged(100.0, 101.0, -1.0, 0.8, 0.0, 0.0, 0.0, 0.0, True).price)
