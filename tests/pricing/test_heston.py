"""Prices with stochastic variance: reference values, others' code, and what must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - as its documentation does
from hypothesis import given, settings
from hypothesis import strategies as st
from option_differences import differences, same

from market.pricing.black import black
from market.pricing.greeks import GREEKS, Greeks
from market.pricing.heston import chain
from market.pricing.heston_law import Variance, characteristic, expected_variance

LEWIS = Variance(now=0.04, reversion=4.0, mean=0.25, vol_of_vol=1.0, correlation=-0.5)
CRYPTO = Variance(now=0.64, reversion=2.0, mean=0.5, vol_of_vol=1.5, correlation=-0.4)
STRIKES = (80.0, 100.0, 120.0)
TOLERANCE = 1e-8
LAWS = st.builds(
    Variance,
    now=st.floats(0.02, 2.0), reversion=st.floats(0.1, 8.0), mean=st.floats(0.02, 2.0),
    vol_of_vol=st.floats(0.0, 2.0), correlation=st.floats(-0.95, 0.95),
)  # fmt: skip


def valued(
    law: Variance, strikes: tuple[float, ...], years: float, call: bool, spot: float = 100.0, rate: float = 0.0,
    dividend: float = 0.0,
) -> np.ndarray:  # fmt: skip
    """Rows of `GREEKS`."""
    found = np.zeros(len(strikes), GREEKS)
    sides = np.full(len(strikes), call)
    chain(spot, rate, dividend, np.array(strikes), np.full(len(strikes), years), sides, law, found)
    return found


def test_lewis_reference_values() -> None:
    calls = (26.774758743998854, 16.070154917028834, 9.024913483457836)
    puts = (7.958878113256768, 17.055270961270109, 29.811026202682472)
    for call, expected in ((True, calls), (False, puts)):
        found = valued(LEWIS, STRIKES, 1.0, call, rate=0.01, dividend=0.02)
        assert found["price"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(7, (20.11008772, 4.39046964, 0.20222512)), (30, (21.95275150, 8.90313835, 2.59842902))],
)
def test_known_prices_at_a_volatility_of_crypto(days: int, expected: tuple[float, ...]) -> None:
    assert valued(CRYPTO, STRIKES, days / 365.0, True)["price"] == pytest.approx(expected, abs=TOLERANCE)


def by_quantlib(law: Variance, strike: float, days: int, call: bool) -> float:
    today = ql.Date(1, 1, 2026)
    ql.Settings.instance().evaluationDate = today
    count = ql.Actual365Fixed()
    rate, dividend = (ql.YieldTermStructureHandle(ql.FlatForward(today, level, count)) for level in (0.03, 0.01))
    spot = ql.QuoteHandle(ql.SimpleQuote(100.0))
    process = ql.HestonProcess(rate, dividend, spot, *law)
    kind = ql.Option.Call if call else ql.Option.Put
    option = ql.VanillaOption(
        ql.PlainVanillaPayoff(kind, strike), ql.EuropeanExercise(today + ql.Period(days, ql.Days))
    )
    option.setPricingEngine(ql.AnalyticHestonEngine(ql.HestonModel(process), 1e-12, 100_000))
    return float(option.NPV())


@pytest.mark.parametrize("days", [1, 7, 90, 730])
@pytest.mark.parametrize("law", [LEWIS, CRYPTO, Variance(0.3, 1.0, 0.6, 2.5, -0.9), Variance(0.05, 0.5, 0.3, 0.4, 0.7)])
def test_it_agrees_with_quantlib(law: Variance, days: int) -> None:
    for call in (True, False):
        found = valued(law, STRIKES, days / 365.0, call, rate=0.03, dividend=0.01)["price"]
        assert found == pytest.approx([by_quantlib(law, strike, days, call) for strike in STRIKES], abs=TOLERANCE)


@given(law=LAWS, log_strike=st.floats(-0.4, 0.4), years=st.floats(0.1, 2.0), call=st.booleans())
@settings(max_examples=40)
def test_sensitivities_are_differences(law: Variance, log_strike: float, years: float, call: bool) -> None:
    law, strike = law._replace(now=law.now + 0.05), 100.0 * math.exp(log_strike)  # smooth at the steps taken

    def value(spot: float, years: float, volatility: float, rate: float) -> Greeks:
        moved = law._replace(now=volatility**2)
        return Greeks(*valued(moved, (strike,), years, call, spot, rate, 0.03)[0].item())

    volatility = math.sqrt(law.now)
    same(value(100.0, years, volatility, 0.05), differences(value, 100.0, years, volatility, 0.05), 100.0)


@given(law=LAWS, years=st.floats(0.003, 3.0))
@settings(max_examples=60)
def test_calls_are_convex_and_their_slopes_possible(law: Variance, years: float) -> None:
    strikes = tuple(np.linspace(40.0, 240.0, 41))
    call, put = (valued(law, strikes, years, side)["price"] for side in (True, False))
    assert call - put == pytest.approx(100.0 - np.array(strikes), abs=1e-9)
    assert (call >= np.maximum(100.0 - np.array(strikes), 0.0) - 1e-9).all()
    slope = np.diff(call) / np.diff(strikes)
    assert ((slope <= 1e-9) & (slope >= -1.0 - 1e-9)).all()
    assert (np.diff(slope) >= -1e-9).all()


@pytest.mark.parametrize("vol_of_vol", [0.0, 1e-9, 1e-5])
def test_a_certain_variance_is_blacks(vol_of_vol: float) -> None:
    law = Variance(0.3, 3.0, 0.8, vol_of_vol, -0.7)
    volatility = math.sqrt(expected_variance(law, 0.5) / 0.5)
    found = valued(law, (90.0,), 0.5, True, rate=0.02)[0]
    expected = black(100.0, 90.0, 0.5, volatility, 0.02, 0.0, True)
    assert found["price"] == pytest.approx(expected.price, abs=1e-6 if vol_of_vol else 1e-12)
    assert found["delta"] == pytest.approx(expected.delta, abs=1e-6)


def test_a_variance_that_neither_reverts_nor_moves() -> None:
    found = valued(Variance(0.25, 0.0, 0.9, 0.0, 0.0), STRIKES, 0.5, False)["price"]
    expected = [black(100.0, strike, 0.5, 0.5, 0.0, 0.0, False).price for strike in STRIKES]
    assert found == pytest.approx(expected, abs=1e-12)


@given(law=LAWS, years=st.floats(0.001, 5.0), at=st.floats(0.0, 50.0))
def test_the_characteristic_function_is_one(law: Variance, years: float, at: float) -> None:
    assert characteristic(law, years, 0j).value == pytest.approx(1.0)
    assert characteristic(law, years, -1j).value == pytest.approx(1.0)  # the forward price is the mean
    assert abs(characteristic(law, years, complex(at, 0.0)).value) <= 1.0 + 1e-9


def test_its_derivative_by_time_is_a_difference() -> None:
    for law in (LEWIS, CRYPTO):
        z = 3.0 - 0.5j
        more, less = (characteristic(law, 0.5 + step, z).value for step in (1e-5, -1e-5))
        found = characteristic(law, 0.5, z)
        assert found.value * found.by_years == pytest.approx((more - less) / 2e-5, rel=1e-7)


def test_what_is_no_law_or_option_has_no_price() -> None:
    for law in (LEWIS._replace(correlation=1.1), LEWIS._replace(now=-0.1), LEWIS._replace(mean=math.inf)):
        assert np.isnan(valued(law, STRIKES, 0.1, True)["price"]).all()
    assert np.isnan(valued(LEWIS, STRIKES, -0.1, True)["price"]).all()


def test_a_law_whose_integral_does_not_end_has_no_price() -> None:
    wild = Variance(now=1e-6, reversion=0.1, mean=1e-6, vol_of_vol=5.0, correlation=0.0)
    found = valued(wild, STRIKES, 0.1, True)
    assert all(np.isnan(found[name]).all() for name in Greeks._fields)


def test_expiries_may_stand_in_any_order() -> None:
    strike = np.array([80.0, 100.0, 100.0, 120.0, 80.0])
    years, call = np.array([0.1, 0.1, 0.0, 0.5, 0.1]), np.array([True, False, True, True, False])
    found = np.zeros(5, GREEKS)
    chain(100.0, 0.02, 0.0, strike, years, call, CRYPTO, found)
    for at in range(5):
        alone = valued(CRYPTO, (strike[at],), years[at], bool(call[at]), rate=0.02)
        assert list(found[at].item()) == pytest.approx(list(alone[0].item()), abs=1e-8)
