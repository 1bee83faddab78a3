"""Models by which makers value options: where they agree, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.means.pricing_models import MODELS, Series, make

STRIKES = np.array([80.0, 80.0, 100.0, 100.0, 125.0, 125.0])


def series(days: float) -> Series:
    years = np.full(STRIKES.size, days / 365.0)
    return Series(STRIKES.copy(), years, np.array([True, False] * 3))


@settings(deadline=None, max_examples=20)
@given(volatility=st.floats(0.2, 2.0), days=st.floats(1.0, 90.0))
def test_models_without_jumps_or_a_variance_that_varies_are_blacks(volatility: float, days: float) -> None:
    plain = make("black76", {"volatility": volatility}).greeks(100.0, series(days))
    still = {"now": volatility**2, "mean": volatility**2, "vol_of_vol": 0.0}
    for model, law in (("merton", {"volatility": volatility}), ("heston", still)):
        found = make(model, law).greeks(100.0, series(days))
        np.testing.assert_allclose(found["price"], plain["price"], atol=1e-7)


@pytest.mark.parametrize("model", MODELS)
def test_calls_and_puts_of_a_model_are_at_parity(model: str) -> None:
    price = make(model, {}).greeks(100.0, series(30.0))["price"]
    np.testing.assert_allclose(price[0::2] - price[1::2], 100.0 - STRIKES[0::2], atol=1e-7)


def test_jumps_make_options_dearer() -> None:
    jumps = {"volatility": 0.6, "rate": 10.0, "mean": -0.05, "sd": 0.1}
    found = make("merton", jumps).greeks(100.0, series(7.0))["price"]
    assert (found > make("black76", {"volatility": 0.6}).greeks(100.0, series(7.0))["price"]).all()


@pytest.mark.parametrize(
    ("model", "law", "why"),
    [
        ("bachelier", {}, "must be one of"),
        ("black76", {"rate": 1.0}, "no number of black76"),
        ("black76", {"volatility": 0.0}, "positive"),
        ("merton", {"sd": -1.0}, "not negative"),
        ("heston", {"correlation": 2.0}, "correlation"),
    ],
)
def test_what_is_no_model_is_refused(model: str, law: dict[str, float], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        make(model, law)
