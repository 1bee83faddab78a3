"""Implied volatility: a million round trips, others' code, and prices that have none."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from vollib.black.implied_volatility import implied_volatility_of_undiscounted_option_price as by_vollib

from market.pricing import black, implied
from market.pricing.greeks import GREEKS
from market.pricing.implied import IMPLIED, NoVolatility

ACCURACY = 1e-10
ROUNDING = 4.0 * sys.float_info.epsilon
MANY = 1_000_000


def volatilities(*columns: np.ndarray, spot: float = 100.0, rate: float = 0.0, dividend: float = 0.0) -> np.ndarray:
    """Rows of `IMPLIED` for columns strike, years, call and price."""
    found = np.zeros(len(columns[0]), IMPLIED)
    implied.chain(spot, rate, dividend, *columns, found)
    return found


def drawn(count: int, seed: int) -> tuple[np.ndarray, ...]:
    """Strike, years, side out of the money, volatility: a minute to three years, six deviations to either side."""
    dice = np.random.default_rng(seed)
    years = np.exp(dice.uniform(math.log(2e-6), math.log(3.0), count))
    volatility = np.exp(dice.uniform(math.log(0.02), math.log(5.0), count))
    strike = 100.0 * np.exp(volatility * np.sqrt(years) * dice.uniform(-6.0, 6.0, count))
    return strike, years, strike >= 100.0, volatility


def test_a_million_volatilities_come_back() -> None:
    strike, years, call, volatility = drawn(MANY, 0)
    priced = np.zeros(MANY, GREEKS)
    black.chain(100.0, 0.0, 0.0, strike, years, call, volatility, priced)
    found = volatilities(strike, years, call, priced["price"].copy())
    assert (found["reason"] == NoVolatility.FOUND).all()
    assert np.abs(found["volatility"] / volatility - 1.0).max() < ACCURACY


@given(
    moneyness=st.floats(-700.0, 0.0),
    sd=st.floats(1e-7, 10.0),
)
@example(moneyness=-0.005659238286339099, sd=0.0011454059173033838)  # a bisection next to the last point is no end
@example(moneyness=0.0, sd=1e-7)
@example(moneyness=-1e-300, sd=1e-7)
@example(moneyness=-1e-12, sd=1e-7)
def test_total_deviation_comes_back_from_the_price_itself(moneyness: float, sd: float) -> None:
    """Wherever the price out of the money is a number, to fifteen digits, deep out of the money as well as near it."""
    vega = math.exp(-0.5 * ((moneyness / sd) ** 2 + 0.25 * sd**2)) / math.sqrt(2.0 * math.pi)
    most = math.exp(0.5 * moneyness)
    if moneyness / sd + 0.5 * sd <= 0.0 or sd < 0.01:
        value = vega * implied.time_value_over_vega(moneyness, sd)
        missing = most - value
    else:
        missing = vega * (implied.mills(moneyness / sd + 0.5 * sd) + implied.mills(0.5 * sd - moneyness / sd))
        value = most - missing
    if value > 1e-300 and missing > 1e-300:
        open_ = ROUNDING * most / vega / sd if moneyness / sd + 0.5 * sd > 0.0 else 0.0
        assert implied.total_sd(moneyness, value, missing) == pytest.approx(sd, rel=2e-14 + open_, abs=0.0)


def test_the_time_value_at_the_money_is_the_error_function() -> None:
    for sd in (1e-8, 1e-3, 0.1, 0.49, 0.51):
        vega = math.exp(-0.125 * sd * sd) / math.sqrt(2.0 * math.pi)
        found = vega * implied.time_value_over_vega(0.0, sd) if sd < 0.5 else 1.0 - 2.0 * vega * implied.mills(0.5 * sd)
        assert found == pytest.approx(math.erf(sd / math.sqrt(8.0)), rel=4e-15, abs=0.0)


@given(moneyness=st.floats(-0.999, -1e-8), sd=st.floats(1e-3, 0.499))
def test_series_and_difference_agree_where_both_hold(moneyness: float, sd: float) -> None:
    h, t = moneyness / sd, 0.5 * sd
    if h > -30.0 and h + t < 0.0:
        direct = implied.mills(-h - t) - implied.mills(t - h)
        lost = 4e-16 * implied.mills(-h - t)
        assert implied._odd_series(h, t) == pytest.approx(direct, rel=1e-13, abs=10.0 * lost)


def test_it_agrees_with_vollib() -> None:
    strike, years, call, volatility = drawn(2000, 1)
    near = np.abs(np.log(strike / 100.0)) < 4.0 * volatility * np.sqrt(years)
    strike, years, call, volatility = (column[near] for column in (strike, years, call, volatility))
    priced = np.zeros(near.sum(), GREEKS)
    black.chain(100.0, 0.0, 0.0, strike, years, call, volatility, priced)
    found = volatilities(strike, years, call, priced["price"].copy())
    for at in range(len(strike)):
        side = "c" if call[at] else "p"
        theirs = by_vollib(float(priced["price"][at]), 100.0, strike[at], years[at], side)
        assert found["volatility"][at] == pytest.approx(theirs, rel=1e-11)


@given(
    log_strike=st.floats(-1.0, 1.0), years=st.floats(0.01, 2.0), volatility=st.floats(0.2, 3.0),
    rate=st.floats(-0.05, 0.2), dividend=st.floats(-0.05, 0.2), call=st.booleans(),
)  # fmt: skip
def test_rates_and_sides_cancel(
    log_strike: float, years: float, volatility: float, rate: float, dividend: float, call: bool
) -> None:
    strike = 100.0 * math.exp(log_strike)
    priced = black.black(100.0, strike, years, volatility, rate, dividend, call)
    found, reason = implied.implied(priced.price, 100.0, strike, years, rate, dividend, call)
    lost = 1e-14 * (100.0 + strike) * math.exp(0.2 * years)  # of a price in the money, in its time value
    if lost < 1e-3 * priced.vega:
        assert reason == NoVolatility.FOUND
        assert found == pytest.approx(volatility, abs=1e-12 + 2.0 * lost / priced.vega)


@pytest.mark.parametrize(
    ("price", "strike", "call", "reason"),
    [
        (19.999, 80.0, True, NoVolatility.BELOW_INTRINSIC),
        (20.0, 80.0, True, NoVolatility.AT_INTRINSIC),
        (0.0, 120.0, True, NoVolatility.AT_INTRINSIC),
        (-1.0, 120.0, True, NoVolatility.BELOW_INTRINSIC),
        (100.0, 120.0, True, NoVolatility.AT_BOUND),
        (101.0, 120.0, True, NoVolatility.AT_BOUND),
        (80.0, 80.0, False, NoVolatility.AT_BOUND),
        (19.0, 120.0, False, NoVolatility.BELOW_INTRINSIC),
        (math.nan, 100.0, True, NoVolatility.BAD_INPUT),
        (math.inf, 100.0, True, NoVolatility.BAD_INPUT),
        (5.0, 0.0, True, NoVolatility.BAD_INPUT),
        (5.0, math.inf, False, NoVolatility.BAD_INPUT),
        (5.0, math.nan, False, NoVolatility.BAD_INPUT),
    ],
)
def test_a_price_outside_of_its_bounds_has_none_and_says_why(
    price: float, strike: float, call: bool, reason: NoVolatility
) -> None:
    found, why = implied.implied(price, 100.0, strike, 0.5, 0.0, 0.0, call)
    assert math.isnan(found)
    assert why == reason


@pytest.mark.parametrize("wrong", [{"spot": 0.0}, {"years": 0.0}, {"years": math.nan}, {"rate": math.nan}])
def test_what_is_no_option_has_none(wrong: dict[str, float]) -> None:
    given_ = {"price": 5.0, "spot": 100.0, "strike": 100.0, "years": 0.5, "rate": 0.0, "dividend": 0.0} | wrong
    found, why = implied.implied(*given_.values(), True)
    assert math.isnan(found)
    assert why == NoVolatility.BAD_INPUT


@given(price=st.floats(allow_nan=True), strike=st.floats(1e-3, 1e6), years=st.floats(1e-9, 50.0), call=st.booleans())
def test_it_is_a_positive_number_or_none_with_a_reason(price: float, strike: float, years: float, call: bool) -> None:
    found, why = implied.implied(price, 100.0, strike, years, 0.05, 0.0, call)
    assert (found > 0.0) == (why == NoVolatility.FOUND)
    assert math.isnan(found) == (why != NoVolatility.FOUND)
    assert why != NoVolatility.UNSOLVED
