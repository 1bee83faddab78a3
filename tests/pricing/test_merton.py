"""Prices with jumps: known answers, others' code, and what an option's seller loses to a jump."""

from __future__ import annotations

import math

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - as its documentation does
from hypothesis import given
from hypothesis import strategies as st
from option_differences import differences, same
from scipy.integrate import quad
from scipy.stats import poisson

from market.pricing.black import black, terms
from market.pricing.greeks import GREEKS, Greeks
from market.pricing.implied import implied
from market.pricing.merton import Jumps, chain, jump_gap, merton

KNOWN = Jumps(10.0, -0.05, 0.1)
SIGMA = 0.6
PRICES = {  # by days to expiry: calls at 80, 100 and 120 on 100
    1: (20.00478849, 1.34143214, 0.00171615),
    7: (20.09237181, 3.71456391, 0.09824982),
    30: (21.25133079, 7.82873292, 1.96513148),
}
LAWS = {
    "rate": st.floats(0.0, 60.0), "mean": st.floats(-0.3, 0.3), "sd": st.floats(0.0, 0.4),
}  # fmt: skip


@pytest.mark.parametrize("days", PRICES)
def test_known_prices(days: int) -> None:
    """Merton's series; computed three ways elsewhere, to the eight digits that are given."""
    found = np.zeros(3, GREEKS)
    strike, years = np.array([80.0, 100.0, 120.0]), np.full(3, days / 365.0)
    chain(100.0, 0.0, 0.0, strike, years, np.full(3, True), SIGMA, KNOWN, found)
    assert found["price"] == pytest.approx(PRICES[days], abs=6e-9)


def test_what_jumps_add_to_the_price_at_the_money() -> None:
    years = 30.0 / 365.0
    price = merton(100.0, 100.0, years, SIGMA, KNOWN, 0.0, 0.0, True).price
    assert price - black(100.0, 100.0, years, SIGMA, 0.0, 0.0, True).price == pytest.approx(0.97479, abs=6e-6)
    volatility, _ = implied(price, 100.0, 100.0, years, 0.0, 0.0, True)
    assert 100.0 * (volatility - SIGMA) == pytest.approx(8.56, abs=6e-3)


@pytest.mark.parametrize(("days", "expected"), [(1, 3.2330), (7, 2.1284), (30, 1.2439)])
def test_what_a_jump_costs_who_holds_the_delta(days: int, expected: float) -> None:
    years = days / 365.0
    calm = black(100.0, 100.0, years, SIGMA, 0.0, 0.0, True)

    def loss(jump: float) -> float:
        moved = 100.0 * math.exp(jump)
        likely = math.exp(-0.5 * ((jump - KNOWN.mean) / KNOWN.sd) ** 2) / (KNOWN.sd * math.sqrt(2.0 * math.pi))
        after = black(moved, 100.0, years, SIGMA, 0.0, 0.0, True).price
        return likely * (after - calm.price - calm.delta * (moved - 100.0))

    by_quadrature = quad(loss, -1.3, 1.2, points=[-0.2, 0.0, 0.1], epsabs=1e-12, limit=200)[0]
    found = jump_gap(100.0, 100.0, years, SIGMA, KNOWN, 0.0, 0.0, True)
    assert found == pytest.approx(by_quadrature, abs=1e-9)
    assert found == pytest.approx(expected, abs=6e-5)


def test_gamma_overstates_what_a_jump_costs_shortly_before_expiry() -> None:
    years = 1.0 / 365.0
    gamma = black(100.0, 100.0, years, SIGMA, 0.0, 0.0, True).gamma
    squared = math.exp(2.0 * (KNOWN.mean + KNOWN.sd**2)) - 2.0 * math.exp(KNOWN.mean + 0.5 * KNOWN.sd**2) + 1.0
    by_gamma = 0.5 * gamma * 100.0**2 * squared
    assert by_gamma / jump_gap(100.0, 100.0, years, SIGMA, KNOWN, 0.0, 0.0, True) == pytest.approx(2.2, abs=0.1)


def test_the_gap_is_what_the_premium_accrues_from() -> None:
    """Where hardly a jump comes, a seller at Black and Scholes' price loses the gap of one at a time drawn evenly."""
    years, rare = 30.0 / 365.0, KNOWN._replace(rate=1e-4)
    premium = merton(100.0, 100.0, years, SIGMA, rare, 0.0, 0.0, True).price
    premium -= black(100.0, 100.0, years, SIGMA, 0.0, 0.0, True).price

    def mean_gap(left: float) -> float:
        """The gap with `left` years to go, at a price drawn from its law: by nodes of Gauss and Hermite."""
        node, weight = np.polynomial.hermite_e.hermegauss(80)
        sd = SIGMA * math.sqrt(years - left)
        spots = 100.0 * np.exp(sd * node - 0.5 * sd**2)
        gaps = [jump_gap(spot, 100.0, left, SIGMA, KNOWN, 0.0, 0.0, True) for spot in spots]
        return float(np.dot(weight, gaps) / weight.sum())

    node, weight = np.polynomial.legendre.leggauss(24)
    mean = sum(w * mean_gap(0.5 * years * (1.0 + x)) for x, w in zip(node, weight, strict=True)) / 2.0
    assert premium == pytest.approx(rare.rate * years * mean, rel=2e-3)


@given(**LAWS, log_strike=st.floats(-0.8, 0.8), years=st.floats(1e-3, 2.0), call=st.booleans())
def test_it_is_the_mean_over_the_number_of_jumps(
    rate: float, mean: float, sd: float, log_strike: float, years: float, call: bool
) -> None:
    """Summed over every number that may matter, without a recursion."""
    jumps, strike = Jumps(rate, mean, sd), 100.0 * math.exp(log_strike)
    log_mean = mean + 0.5 * sd**2
    most = int(rate * years * max(1.0, math.exp(log_mean)) + 12.0 * math.sqrt(rate * years * 2.0 + 10.0)) + 20
    start = 100.0 * math.exp((0.02 - rate * math.expm1(log_mean)) * years)
    total = sum(
        poisson.pmf(n, rate * years)
        * terms(start * math.exp(n * log_mean), strike, math.sqrt(0.25 * years + n * sd**2), call).value
        for n in range(most)
    )
    found = merton(100.0, strike, years, 0.5, jumps, 0.05, 0.03, call)
    assert found.price == pytest.approx(math.exp(-0.05 * years) * total, rel=1e-10, abs=1e-10)


@given(**LAWS, log_strike=st.floats(-0.4, 0.4), years=st.floats(0.1, 2.0), call=st.booleans())
def test_sensitivities_are_differences(
    rate: float, mean: float, sd: float, log_strike: float, years: float, call: bool
) -> None:
    jumps, strike = Jumps(rate, mean, sd), 100.0 * math.exp(log_strike)

    def value(spot: float, years: float, volatility: float, rate: float) -> Greeks:
        return merton(spot, strike, years, volatility, jumps, rate, 0.03, call)

    same(value(100.0, years, 0.5, 0.05), differences(value, 100.0, years, 0.5, 0.05), 100.0)


def test_ten_thousand_small_jumps_are_a_diffusion() -> None:
    rate, sd = 2e4, 0.004
    found = merton(100.0, 110.0, 1.0, 0.5, Jumps(rate, 0.0, sd), 0.02, 0.0, True)
    expected = black(100.0, 110.0, 1.0, math.sqrt(0.25 + rate * sd**2), 0.02, 0.0, True)
    assert found.price == pytest.approx(expected.price, rel=1e-5)
    assert found.delta == pytest.approx(expected.delta, rel=1e-4)


def test_many_jumps_that_take_much_are_not_lost() -> None:
    """A thousand are expected, and the probabilities of few of them vanish: parity sums them up either way."""
    law = Jumps(1000.0, -0.5, 0.01)
    call, put = (merton(100.0, 90.0, 1.0, 0.5, law, 0.0, 0.0, side).price for side in (True, False))
    assert put == pytest.approx(call - 10.0, rel=1e-9)
    assert 0.0 < call < 100.0


def test_without_jumps_it_is_black() -> None:
    for call in (True, False):
        expected = black(100.0, 90.0, 0.4, 0.7, 0.03, 0.01, call)
        assert merton(100.0, 90.0, 0.4, 0.7, Jumps(0.0, -0.1, 0.2), 0.03, 0.01, call) == pytest.approx(expected)


@given(*[st.floats()] * 9, st.booleans())
def test_whatever_the_numbers_it_is_a_price_or_none(
    spot: float, strike: float, years: float, volatility: float, jump_rate: float, mean: float, sd: float, rate: float,
    dividend: float, call: bool,
) -> None:  # fmt: skip
    found = merton(spot, strike, years, volatility, Jumps(jump_rate, mean, sd), rate, dividend, call)
    assert found.price >= 0.0 or math.isnan(found.price)


def test_what_is_no_law_has_no_price() -> None:
    for jumps in (Jumps(-1.0, 0.0, 0.1), Jumps(1.0, 0.0, -0.1), Jumps(math.nan, 0.0, 0.1), Jumps(math.inf, 0.0, 0.1)):
        assert math.isnan(merton(100.0, 100.0, 0.1, 0.5, jumps, 0.0, 0.0, True).price)


@pytest.mark.parametrize(("days", "strike"), [(7, 100.0), (30, 80.0), (365, 120.0)])
def test_it_agrees_with_quantlib(days: int, strike: float) -> None:
    """Bates' law, of which the variance hardly moves."""
    today = ql.Date(1, 1, 2026)
    ql.Settings.instance().evaluationDate = today
    count = ql.Actual365Fixed()
    rate, dividend = (ql.YieldTermStructureHandle(ql.FlatForward(today, level, count)) for level in (0.03, 0.01))
    spot = ql.QuoteHandle(ql.SimpleQuote(100.0))
    law = (SIGMA**2, 1.0, SIGMA**2, 1e-6, 0.0, KNOWN.rate, KNOWN.mean, KNOWN.sd)
    option = ql.VanillaOption(
        ql.PlainVanillaPayoff(ql.Option.Call, strike), ql.EuropeanExercise(today + ql.Period(days, ql.Days))
    )
    option.setPricingEngine(ql.BatesEngine(ql.BatesModel(ql.BatesProcess(rate, dividend, spot, *law)), 192))
    found = merton(100.0, strike, days / 365.0, SIGMA, KNOWN, 0.03, 0.01, True).price
    assert found == pytest.approx(option.NPV(), abs=1e-6)
