"""Black's prices and sensitivities: against others' code, differences, and what must hold exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import erfcx, ndtr
from vollib.black_scholes_merton import black_scholes_merton
from vollib.black_scholes_merton.greeks import analytical

from market.pricing.black import black, chain, terms
from market.pricing.greeks import GREEKS
from market.pricing.normal import below, density, mills

OPTIONS = {
    "spot": st.floats(10.0, 1e5), "log_strike": st.floats(-1.5, 1.5), "years": st.floats(1e-5, 3.0),
    "volatility": st.floats(0.05, 4.0), "rate": st.floats(-0.05, 0.2), "dividend": st.floats(-0.05, 0.2),
}  # fmt: skip
RELATIVE, ABSOLUTE = 1e-12, 1e-12


def test_the_normal_distribution_keeps_its_digits_far_out() -> None:
    z = np.concatenate([np.linspace(0.0, 60.0, 6001), np.geomspace(1e-8, 1e8, 1000)])
    assert np.array([mills(one) for one in z]) == pytest.approx(
        np.sqrt(np.pi / 2.0) * erfcx(z / np.sqrt(2.0)), rel=4e-15
    )
    z = np.linspace(-37.0, 10.0, 5001)
    assert np.array([below(one, density(one)) for one in z]) == pytest.approx(ndtr(z), rel=1e-12, abs=0.0)


def test_a_published_price() -> None:
    """Hull, Options, futures, and other derivatives, chapter on Black, Scholes and Merton: S 42, K 40, six months."""
    assert black(42.0, 40.0, 0.5, 0.2, 0.1, 0.0, True).price == pytest.approx(4.76, abs=0.005)
    assert black(42.0, 40.0, 0.5, 0.2, 0.1, 0.0, False).price == pytest.approx(0.81, abs=0.005)


@given(**OPTIONS, call=st.booleans())
def test_it_agrees_with_vollib(
    spot: float, log_strike: float, years: float, volatility: float, rate: float, dividend: float, call: bool
) -> None:
    strike = spot * math.exp(log_strike)
    terms_ = ("c" if call else "p", spot, strike, years, rate, volatility, dividend)
    found = black(spot, strike, years, volatility, rate, dividend, call)
    assert found.price == pytest.approx(black_scholes_merton(*terms_), rel=1e-9, abs=ABSOLUTE * spot)
    assert found.delta == pytest.approx(analytical.delta(*terms_), rel=1e-9, abs=ABSOLUTE)
    assert found.gamma * spot == pytest.approx(analytical.gamma(*terms_) * spot, rel=1e-9, abs=ABSOLUTE)
    assert found.vega == pytest.approx(100.0 * analytical.vega(*terms_), rel=1e-9, abs=ABSOLUTE * spot)
    assert found.theta == pytest.approx(365.0 * analytical.theta(*terms_), rel=1e-9, abs=1e-10 * spot)
    assert found.rho == pytest.approx(100.0 * analytical.rho(*terms_), rel=1e-9, abs=ABSOLUTE * spot)


@given(**OPTIONS)
def test_parity_holds_for_prices_and_their_derivatives(
    spot: float, log_strike: float, years: float, volatility: float, rate: float, dividend: float
) -> None:
    strike = spot * math.exp(log_strike)
    call, put = (black(spot, strike, years, volatility, rate, dividend, side) for side in (True, False))
    held, owed = spot * math.exp(-dividend * years), strike * math.exp(-rate * years)
    assert call.price - put.price == pytest.approx(held - owed, rel=RELATIVE, abs=RELATIVE * (held + owed))
    assert call.delta - put.delta == pytest.approx(math.exp(-dividend * years), rel=RELATIVE)
    assert (call.gamma, call.vega) == pytest.approx((put.gamma, put.vega), rel=RELATIVE)
    expected = dividend * held - rate * owed
    assert call.theta - put.theta == pytest.approx(expected, abs=1e-11 * (held + owed + abs(call.theta)))
    assert call.rho - put.rho == pytest.approx(years * owed, rel=RELATIVE)


@given(**OPTIONS, call=st.booleans())
def test_a_price_stays_within_its_bounds_and_solves_the_equation(
    spot: float, log_strike: float, years: float, volatility: float, rate: float, dividend: float, call: bool
) -> None:
    strike = spot * math.exp(log_strike)
    found = black(spot, strike, years, volatility, rate, dividend, call)
    held, owed = spot * math.exp(-dividend * years), strike * math.exp(-rate * years)
    least = max(held - owed if call else owed - held, 0.0)
    assert least * (1.0 - RELATIVE) <= found.price <= (held if call else owed) * (1.0 + RELATIVE)
    diffusion = 0.5 * volatility**2 * spot**2 * found.gamma
    drift = (rate - dividend) * spot * found.delta
    rest = found.theta + diffusion + drift - rate * found.price
    assert rest == pytest.approx(0.0, abs=1e-11 * (spot + abs(found.theta)))


def test_time_value_is_not_lost_beside_what_is_inside() -> None:
    """Of a put far in the money the time value is that of the call, which is far out of it, to rounding of the put."""
    deep = terms(100.0, 150.0, 0.1, False)
    assert deep.value - 50.0 == pytest.approx(terms(100.0, 150.0, 0.1, True).value, abs=2e-14)
    assert deep.first == pytest.approx(-1.0, abs=1e-3)


@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize("spot", [90.0, 110.0])
def test_without_time_or_volatility_it_pays_what_it_pays(spot: float, call: bool) -> None:
    paid = max(spot - 100.0 if call else 100.0 - spot, 0.0)
    held = (1.0 if call else -1.0) if paid else 0.0
    assert black(spot, 100.0, 0.0, 0.8, 0.1, 0.0, call) == pytest.approx(
        (paid, held, 0.0, 0.0, -0.1 * 100.0 * held, 0.0)
    )
    forward = spot * math.exp(0.1)
    paid = math.exp(-0.1) * max(forward - 100.0 if call else 100.0 - forward, 0.0)
    assert black(spot, 100.0, 1.0, 0.0, 0.1, 0.0, call).price == pytest.approx(paid)


@pytest.mark.parametrize(
    "wrong", [{"spot": -1.0}, {"strike": 0.0}, {"years": -1e-9}, {"volatility": -0.1}, {"volatility": math.nan}]
)
def test_what_is_no_option_has_no_price(wrong: dict[str, float]) -> None:
    given_ = {"spot": 100.0, "strike": 100.0, "years": 1.0, "volatility": 0.5, "rate": 0.0, "dividend": 0.0} | wrong
    for call in (True, False):
        assert np.isnan(black(*given_.values(), call)).all()


@given(*[st.floats()] * 6, st.booleans())
def test_whatever_the_numbers_it_is_a_price_or_none(
    spot: float, strike: float, years: float, volatility: float, rate: float, dividend: float, call: bool
) -> None:
    found = black(spot, strike, years, volatility, rate, dividend, call)
    assert found.price >= 0.0 or math.isnan(found.price)


def test_a_chain_is_its_options() -> None:
    strike, years = np.array([80.0, 100.0, 120.0]), np.array([0.1, 0.2, 0.3])
    call, volatility = np.array([False, True, True]), np.array([0.9, 0.8, 0.7])
    found = np.zeros(3, GREEKS)
    chain(100.0, 0.03, 0.01, strike, years, call, volatility, found)
    for at in range(3):
        one = black(100.0, strike[at], years[at], volatility[at], 0.03, 0.01, call[at])
        assert found[at].item() == tuple(one)
