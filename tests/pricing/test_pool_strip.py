"""A pool as options that its providers have sold, and the volatility at which its fees pay for them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.pricing.black import chain
from market.pricing.fee_implied import fee_implied_volatility, loss_rate
from market.pricing.greeks import GREEKS
from market.pricing.heston import chain as heston_chain
from market.pricing.heston_law import Variance, expected_variance
from market.pricing.strip import sold, strip_share

SIGMA, SPOT = 0.8, 100.0
VALUE = 2.0 * math.sqrt(SPOT)
"""Of a pool with liquidity 1 [numeraire]."""


def cost(strikes: np.ndarray, widths: np.ndarray, years: float, law: Variance | None = None) -> float:
    """Value of the strip over the pool's."""
    found, call = np.zeros(len(strikes), GREEKS), strikes >= SPOT
    expiry = np.full(len(strikes), years)
    if law is None:
        chain(SPOT, 0.0, 0.0, strikes, expiry, call, np.full(len(strikes), SIGMA), found)
    else:
        heston_chain(SPOT, 0.0, 0.0, strikes, expiry, call, law, found)
    return float(np.dot(sold(1.0, strikes, widths), found["price"])) / VALUE


@pytest.mark.parametrize(("days", "expected"), [(7, 0.00153307), (30, 0.00655377), (365, 0.07688365)])
def test_known_costs_of_all_strikes(days: int, expected: float) -> None:
    edges = SPOT * np.exp(np.linspace(-6.0, 8.0, 28_001))
    found = cost(0.5 * (edges[1:] + edges[:-1]), np.diff(edges), days / 365.0)
    assert strip_share(SIGMA, days / 365.0) == pytest.approx(expected, abs=6e-9)
    assert found == pytest.approx(strip_share(SIGMA, days / 365.0), rel=2e-6)


@pytest.mark.parametrize(("every", "expected"), [(2.0, 0.00654961), (5.0, 0.00652775), (10.0, 0.00644994)])
def test_known_costs_of_listed_strikes(every: float, expected: float) -> None:
    strikes = np.arange(0.5 * every, 20.0 * SPOT, every)
    assert cost(strikes, np.full(len(strikes), every), 30.0 / 365.0) == pytest.approx(expected, abs=6e-9)


@given(price=st.floats(20.0, 500.0))
def test_pool_and_strip_pay_a_tangent(price: float) -> None:
    """Whatever the price does, what the pool is short of the tangent is what the strip pays."""
    edges = SPOT * np.exp(np.linspace(-2.0, 2.0, 2001))
    strikes = 0.5 * (edges[1:] + edges[:-1])
    paid = np.where(strikes >= SPOT, np.maximum(price - strikes, 0.0), np.maximum(strikes - price, 0.0))
    tangent = VALUE + (price - SPOT) / math.sqrt(SPOT)
    expected = tangent - 2.0 * math.sqrt(price)
    assert np.dot(sold(1.0, strikes, np.diff(edges)), paid) == pytest.approx(expected, abs=1e-4)


def test_a_strip_costs_the_mean_under_another_law() -> None:
    """E[sqrt(S)] under a variance that is uncertain, but not with the price, is that of its own Laplace transform."""
    law = Variance(0.64, 2.0, 0.5, 1.5, 0.0)
    edges = SPOT * np.exp(np.linspace(-5.0, 5.0, 4001))
    found = cost(0.5 * (edges[1:] + edges[:-1]), np.diff(edges), 0.25, law)
    rate = math.sqrt(law.reversion**2 + 2.0 * law.vol_of_vol**2 / 8.0)  # Cox, Ingersoll and Ross's bond of 1/8 v
    grown = math.expm1(rate * 0.25)
    below = (rate + law.reversion) * grown + 2.0 * rate
    power = 2.0 * law.reversion * law.mean / law.vol_of_vol**2
    start = (2.0 * rate * math.exp(0.5 * (law.reversion + rate) * 0.25) / below) ** power
    mean = start * math.exp(-2.0 * grown / below * law.now / 8.0)
    assert found == pytest.approx(1.0 - mean, rel=1e-5)
    assert found < -math.expm1(-expected_variance(law, 0.25) / 8.0)  # Jensen's inequality


@given(volatility=st.floats(0.01, 5.0))
def test_fees_break_even_at_the_volatility_they_imply(volatility: float) -> None:
    assert fee_implied_volatility(loss_rate(volatility)) == pytest.approx(volatility)
    assert strip_share(volatility, 1e-9) / 1e-9 == pytest.approx(loss_rate(volatility), rel=1e-6)


def test_fee_implied_volatility_of_a_yield() -> None:
    assert fee_implied_volatility(0.08) == pytest.approx(0.8)  # sqrt(8 x 0.08)
    with pytest.raises(ValueError, match=r"nonnegative|domain"):
        fee_implied_volatility(-0.01)
