"""Violations of a surface: none where prices are of one law, and each that is planted is found once."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.pricing import black, heston
from market.pricing.greeks import GREEKS
from market.pricing.heston_law import Variance
from market.pricing.surface import QUOTES, Violations, violations

SPOT, RATE = 100.0, 0.04
NONE = Violations(0, 0, 0, 0, 0, 0)
YEARS = (0.02, 0.1, 0.25)
STRIKES = np.array([80.0, 85.0, 92.0, 96.0, 100.0, 105.0, 112.0, 115.0, 120.0])


def quoted(spread: float = 0.0, volatility: float = 0.6, law: Variance | None = None) -> np.ndarray:
    """Quotes around the prices of one law: rows in the order of expiry and strike."""
    rows = np.zeros(len(YEARS) * len(STRIKES), QUOTES)
    rows["years"], rows["strike"] = np.repeat(YEARS, len(STRIKES)), np.tile(STRIKES, len(YEARS))
    rows["discount"] = np.exp(-RATE * rows["years"])
    rows["forward"] = SPOT / rows["discount"]
    strike, years, found = rows["strike"].copy(), rows["years"].copy(), np.zeros(len(rows), GREEKS)
    for kind, call in (("call", np.full(len(rows), True)), ("put", np.full(len(rows), False))):
        if law is None:
            black.chain(SPOT, RATE, 0.0, strike, years, call, np.full(len(rows), volatility), found)
        else:
            heston.chain(SPOT, RATE, 0.0, strike, years, call, law, found)
        rows[f"{kind}_bid"], rows[f"{kind}_ask"] = found["price"] - 0.5 * spread, found["price"] + 0.5 * spread
    return rows


def at(years: float, strike: float) -> int:
    return YEARS.index(years) * len(STRIKES) + int(np.flatnonzero(strike == STRIKES)[0])


def move(rows: np.ndarray, row: int, by: float, kinds: tuple[str, ...] = ("call", "put")) -> np.ndarray:
    """Raise bid and ask."""
    for kind in kinds:
        rows[f"{kind}_bid"][row] += by
        rows[f"{kind}_ask"][row] += by
    return rows


@pytest.mark.parametrize("law", [None, Variance(0.64, 2.0, 0.5, 1.5, -0.4), Variance(0.05, 3.0, 0.9, 2.0, 0.7)])
@pytest.mark.parametrize("spread", [0.0, 0.02])
def test_prices_of_one_law_have_none_in_any_order(law: Variance | None, spread: float) -> None:
    rows = quoted(spread, law=law)
    found, compared = violations(rows)
    assert found == NONE
    shuffled = rows[np.random.default_rng(0).permutation(len(rows))]
    assert violations(shuffled) == (found, compared)
    assert compared.parity == 2 * len(rows)
    assert compared.slope == 4 * len(YEARS) * (len(STRIKES) - 1)
    assert compared.convexity == 2 * len(YEARS) * (len(STRIKES) - 2)
    assert compared.wings == 2 * len(YEARS) or spread  # beyond what is bid for there is nothing to compare
    assert 0 < compared.calendar < 2 * len(STRIKES)  # moneyness beyond a later expiry's strikes is not compared


def test_parity_is_broken_on_one_side() -> None:
    row = at(0.1, 100.0)
    assert violations(move(quoted(), row, 1e-6, ("call",)))[0].parity == 1
    assert violations(move(quoted(), row, 1e-6, ("put",)))[0].parity == 1
    within = move(quoted(0.02), row, 0.019, ("call",))
    assert violations(within)[0].parity == 0
    assert violations(move(within, row, 0.002, ("call",)))[0].parity == 1


@pytest.mark.parametrize("spread", [0.0, 0.02])
def test_a_bulge_is_no_convex_price(spread: float) -> None:
    rows = quoted(spread)
    row = at(0.1, 100.0)
    room = (5.0 * rows["call_ask"][row - 1] + 4.0 * rows["call_ask"][row + 1]) / 9.0 - rows["call_bid"][row]
    assert violations(move(rows, row, room - 1e-6))[0] == NONE
    found = violations(move(rows, row, 2e-6))[0]
    assert found.convexity == 2  # of calls and of puts
    assert (found.parity, found.slope) == (0, 0)


def test_a_call_that_rises_with_the_strike() -> None:
    rows = quoted()
    low, high = at(0.02, 115.0), at(0.02, 120.0)
    move(rows, high, rows["call_bid"][low] - rows["call_bid"][high] + 1e-6, ("call",))
    found = violations(rows)[0]
    assert found.slope == 1
    rows = quoted()
    low, high = at(0.02, 80.0), at(0.02, 85.0)
    move(rows, low, rows["put_bid"][high] - rows["put_bid"][low] + 1e-6, ("put",))
    assert violations(rows)[0].slope == 1


def test_a_spread_of_strikes_for_more_than_it_can_pay() -> None:
    rows = quoted()
    low, high = at(0.02, 80.0), at(0.02, 85.0)
    most = 5.0 * rows["discount"][low]
    move(rows, low, most - (rows["call_bid"][low] - rows["call_bid"][high]) + 1e-6, ("call",))
    assert violations(rows)[0].slope == 1


def test_total_variance_that_falls_with_expiry() -> None:
    later = quoted(volatility=0.6 * math.sqrt(0.1 / 0.25) * 0.99)
    rows = quoted()
    mixed = np.where((rows["years"] == 0.25), later, rows)
    found, compared = violations(mixed)
    moneyness, later_on = (np.log(STRIKES / SPOT) - RATE * years for years in (0.1, 0.25))
    inside = (moneyness >= later_on[0]) & (moneyness <= later_on[-1])
    assert found.calendar == inside.sum() == 8  # all that the later expiry's strikes span
    assert found._replace(calendar=0) == NONE
    assert compared.calendar > found.calendar
    rising = np.where((rows["years"] == 0.25), quoted(volatility=0.6 * math.sqrt(0.1 / 0.25) * 1.01), rows)
    assert violations(rising)[0] == NONE


def test_a_wing_that_is_too_steep() -> None:
    for steep, expected in ((1.9, 0), (2.1, 1)):
        rows = quoted()
        one = rows[rows["years"] == 0.1]
        moneyness = np.log(one["strike"] / one["forward"])
        variance = np.full(len(one), 0.36 * 0.1)
        variance[-1] += steep * (moneyness[-1] - moneyness[-2])
        for kind in ("call", "put"):
            for at_ in range(len(one)):
                value = black.black(
                    SPOT, one["strike"][at_], 0.1, math.sqrt(variance[at_] / 0.1), RATE, 0.0, kind == "call"
                ).price
                one[f"{kind}_bid"][at_] = one[f"{kind}_ask"][at_] = value
        assert violations(one)[0].wings == expected


@pytest.mark.parametrize("strike", [80.0, 120.0])
def test_a_quote_outside_of_its_bounds(strike: float) -> None:
    row = at(0.02, strike)
    held, owed = SPOT, strike * math.exp(-RATE * 0.02)
    for name, bound, by in (
        ("call_ask", max(held - owed, 0.0), -1e-6),
        ("call_bid", held, 1e-6),
        ("put_ask", max(owed - held, 0.0), -1e-6),
        ("put_bid", owed, 1e-6),
    ):
        rows = quoted()
        rows[name][row] = bound + by
        assert violations(rows)[0].bounds == 1
        rows[name][row] = bound - by
        assert violations(rows)[0].bounds == 0


def test_what_is_not_quoted_is_not_compared() -> None:
    rows = quoted()
    rows["call_bid"], rows["put_bid"] = np.nan, np.nan
    found, compared = violations(rows)
    assert found == NONE
    assert compared == NONE._replace(bounds=2 * len(rows))  # of the asks
    rows = quoted()
    rows["call_bid"][at(0.1, 100.0)] = 0.0  # a bid of nothing implies no variance, and breaks nothing
    assert violations(rows)[0] == NONE
    assert violations(rows[:0]) == (NONE, NONE)


@given(spread=st.floats(0.0, 0.5), noise=st.floats(0.0, 1.0), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_quotes_that_contain_one_law_have_none(spread: float, noise: float, seed: int) -> None:
    """Bids anywhere below the prices of one law and asks anywhere above: nobody can take anything for certain."""
    dice, rows = np.random.default_rng(seed), quoted()
    for kind in ("call", "put"):
        rows[f"{kind}_bid"] -= spread * dice.random(len(rows)) * noise
        rows[f"{kind}_ask"] += spread * dice.random(len(rows)) * noise
    found = violations(rows)[0]
    assert (found.parity, found.slope, found.convexity, found.bounds) == (0, 0, 0, 0)
    assert found.wings == 0
