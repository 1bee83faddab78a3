"""Margin models of options: published numbers, bounds by payoff, and what must hold for every account."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market import discovery
from market.errors import InputError
from market.pricing.black import black
from market.venues.options import margins
from market.venues.options.margins import _payoffs, derive, portfolio
from market.venues.options.margins._model import POSITION, Requirement

SPOT, SIGMA, WEEK = 2000.0, 0.8, 7.0 / 365.0
PUBLISHED = {
    ("derive", 1600.0): (701.618, 581.618), ("derive", 2000.0): (388.351, 268.351),
    ("derive", 2400.0): (265.055, 185.055), ("deribit", 1600.0): (701.618, 551.618),
    ("deribit", 2000.0): (388.351, 238.351), ("deribit", 2400.0): (205.055, 155.055),
}  # fmt: skip
"""Initial and maintenance margin of a short call by model and strike [USD]."""
LEGS = st.lists(
    st.tuples(
        st.floats(1200.0, 3000.0), st.booleans(), st.floats(-20.0, 20.0), st.sampled_from([1.0, 7.0, 60.0]),
        st.floats(0.2, 2.0),
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip
"""Strike, call, quantity, days and volatility of each position."""


def account(*legs: tuple[Any, ...]) -> np.ndarray:
    """Positions marked at their own volatilities."""
    found = np.zeros(len(legs), POSITION)
    for row, (strike, call, quantity, days, volatility) in zip(found, legs, strict=True):
        years = days / 365.0
        mark = black(SPOT, strike, years, volatility, 0.0, 0.0, call).price
        row["strike"], row["call"], row["quantity"], row["years"] = strike, call, quantity, years
        row["mark"], row["volatility"], row["forward"] = mark, volatility, SPOT
    return found


def needed(model: str, positions: np.ndarray, linear: float = 0.0, **changes: Any) -> Requirement:
    """Requirement of a model with its own numbers but for `changes`."""
    terms = margins.make({"kind": model} | changes, "margin").terms()
    return discovery.load(margins.__name__, model).requirement(positions, SPOT, linear, terms)


def option(strike: float, quantity: float, call: bool = True, days: float = 7.0) -> tuple:
    return strike, call, quantity, days, SIGMA


def test_the_models_are_those_of_the_folder() -> None:
    assert {"deribit", "derive", "portfolio"} <= set(margins.KINDS)
    assert [margins.make({"kind": kind}, "margin").number for kind in margins.KINDS] == list(range(len(margins.KINDS)))
    with pytest.raises(InputError, match="deribit, derive, portfolio"):
        margins.make({"kind": "span"}, "margin")
    with pytest.raises(InputError, match=r"margin\.least"):
        margins.make({"kind": "derive", "least": -1.0}, "margin")
    with pytest.raises(InputError, match="above nothing"):
        margins.make({"kind": "portfolio", "range": 0.5}, "margin")


@pytest.mark.parametrize(("model", "strike"), PUBLISHED)
def test_published_margins_of_a_short_call(model: str, strike: float) -> None:
    found = needed(model, account(option(strike, -1.0)))
    assert (found.initial, found.maintenance) == pytest.approx(PUBLISHED[model, strike], abs=5e-4)


@pytest.mark.parametrize("strike", [1200.0, 1600.0, 2000.0, 2400.0, 12_000.0])
@pytest.mark.parametrize(
    ("model", "least", "part", "floor"), [("derive", 0.13, 0.09, 1.05), ("deribit", 0.1, 0.075, 1.0)]
)
def test_margins_of_a_short_put_are_the_formulas(
    model: str, least: float, part: float, floor: float, strike: float
) -> None:
    positions = account(option(strike, -1.0, call=False))
    mark = float(positions["mark"][0])
    maintenance = max(part * SPOT, part * mark) + mark
    initial = max(max(0.15 - max(SPOT - strike, 0.0) / SPOT, least) * SPOT + mark, floor * maintenance)
    found = needed(model, positions)
    # the payoff of a put sold is bounded by its strike
    bound = strike if model == "derive" else np.inf
    assert found == pytest.approx((min(maintenance, bound), min(initial, bound)), rel=1e-12)


def test_an_expiry_needs_no_more_than_it_can_owe() -> None:
    """Long 2000 and short 1800 calls: 200, by Derive; Deribit's standard margin takes the short one by itself."""
    spread = account(option(2000.0, 1.0), option(1800.0, -1.0))
    assert needed("derive", spread) == pytest.approx((200.0, 200.0), rel=1e-12)
    short = needed("deribit", spread[1:])
    assert needed("deribit", spread) == short
    assert short.maintenance > 200.0
    # a debit spread can owe nothing; one over two expiries is margined leg by leg
    assert needed("derive", account(option(1800.0, 1.0), option(2000.0, -1.0))) == (0.0, 0.0)
    calendar = account(option(2000.0, 1.0), option(1800.0, -1.0, days=14.0))
    assert needed("derive", calendar) == needed("derive", calendar[1:])


def test_calls_that_nothing_covers_count_for_more_than_the_forward_price() -> None:
    """Two calls sold at 1900 against one held at 2000: 200 at 2000, and 1.1 forward prices for the one beyond."""
    positions = account(option(2000.0, 1.0), option(1900.0, -2.0))
    positions["mark"] = 3000.0
    found = needed("derive", positions)
    assert found.maintenance == pytest.approx(200.0 + 1.1 * SPOT, rel=1e-12)
    assert found.initial == pytest.approx(200.0 + 1.2 * SPOT, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(LEGS)
def test_the_worst_payoff_is_the_worst_of_all_prices(legs: list) -> None:
    positions = account(*[(*leg[:3], 7.0, *leg[4:]) for leg in legs])
    worst = _payoffs.worst_payoff(positions)
    prices = np.concatenate([np.linspace(0.0, 20_000.0, 801), positions["strike"]])
    least = min(_payoffs.payoff(positions, positions["years"][0], price) for price in prices)
    if np.isneginf(worst):
        far = [_payoffs.payoff(positions, positions["years"][0], price) for price in (1e9, 1e10)]
        assert far[1] < far[0]
    else:
        assert worst == pytest.approx(least, rel=1e-9, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(LEGS, st.floats(-20.0, 20.0), st.floats(0.01, 100.0))
@pytest.mark.parametrize("model", margins.KINDS)
def test_margins_are_homogeneous_of_degree_one(model: str, legs: list, linear: float, factor: float) -> None:
    positions = account(*legs)
    one = needed(model, positions, linear)
    positions["quantity"] *= factor
    assert needed(model, positions, factor * linear) == pytest.approx(
        (factor * one.maintenance, factor * one.initial), rel=1e-9, abs=1e-7
    )


@settings(max_examples=60, deadline=None)
@given(LEGS)
@pytest.mark.parametrize("model", margins.KINDS)
def test_the_initial_margin_is_no_less_than_the_maintenance_margin(model: str, legs: list) -> None:
    found = needed(model, account(*legs))
    assert found.initial >= found.maintenance - 1e-12 * abs(found.maintenance) - 1e-9  # either may be negative


@settings(max_examples=60, deadline=None)
@given(LEGS, st.floats(-20.0, 20.0), st.integers(0, 5), st.floats(0.0, 50.0))
def test_a_portfolio_never_needs_more_for_more_of_an_option(legs: list, linear: float, which: int, more: float) -> None:
    """Holding more, or having sold less: nowhere in the grid does the account have less."""
    positions = account(*legs)
    before = needed("portfolio", positions, linear)
    positions["quantity"][which % len(legs)] += more
    after = needed("portfolio", positions, linear)
    slack = 1e-9 * (1.0 + abs(before.initial))
    assert after.maintenance <= before.maintenance + slack
    assert after.initial <= before.initial + slack


@settings(max_examples=60, deadline=None)
@given(LEGS, st.integers(0, 5), st.floats(0.0, 50.0))
@pytest.mark.parametrize("model", margins.KINDS)
def test_having_sold_more_needs_no_less(model: str, legs: list, which: int, more: float) -> None:
    positions = account(*[(*leg[:2], -abs(leg[2]), *leg[3:]) for leg in legs])
    before = needed(model, positions)
    positions["quantity"][which % len(legs)] -= more
    after = needed(model, positions)
    slack = 1e-9 * (1.0 + abs(before.initial))
    assert after.maintenance >= before.maintenance - slack
    assert after.initial >= before.initial - slack


@settings(max_examples=60, deadline=None)
@given(st.floats(1200.0, 3000.0), st.floats(1.0, 1000.0), st.booleans(), st.floats(0.2, 2.0))
@pytest.mark.parametrize("model", ["derive", "portfolio"])
def test_a_spread_needs_no_more_than_its_width(
    model: str, strike: float, width: float, call: bool, volatility: float
) -> None:
    lower = -1.0 if call else 1.0  # of a credit spread the option in the money is sold
    legs = (strike, call, lower, 7.0, volatility), (strike + width, call, -lower, 7.0, volatility)
    found = needed(model, account(*legs))
    assert max(found) <= width * (1.0 + 1e-9) + 1e-9


def test_perpetuals_and_options_of_a_portfolio_offset_each_other() -> None:
    """A call sold against the perpetual: less than either by itself; and the perpetual alone needs the grid's edge."""
    call = account(option(2000.0, -1.0, days=30.0))
    nothing = account(option(2000.0, 0.0, days=30.0))
    mark = float(call["mark"][0])
    alone, covered = needed("portfolio", call), needed("portfolio", call, 1.0)
    linear = needed("portfolio", nothing, 1.0)
    assert linear == pytest.approx((0.16 * SPOT, 1.25 * 0.16 * SPOT), rel=1e-12)
    assert needed("portfolio", nothing, -1.0) == pytest.approx(linear, rel=1e-12)
    # on top of the mark, which is owed in any case
    assert covered.maintenance - mark < min(alone.maintenance - mark, linear.maintenance)
    assert needed("derive", call, 1.0) == needed("derive", call)


def test_a_portfolio_is_valued_at_every_point_of_its_grid() -> None:
    """By hand, one expiry of thirty days: price by quarters of the range, volatility, smile, and the extreme moves."""
    legs = [(1700.0, False, -3.0, 30.0, 0.9), (2000.0, True, -2.0, 30.0, 0.7), (2500.0, True, 1.0, 30.0, 0.8)]
    positions, linear, years = account(*legs), 1.5, 30.0 / 365.0

    def worth(move: float, change: float, tilt: float) -> float:
        total = linear * SPOT * move
        for strike, call, quantity, _, volatility in legs:
            shocked = max(volatility * (1.0 + change), 0.5) if change > 0.0 else volatility * (1.0 + change)
            shocked *= 1.0 + tilt * np.tanh(np.log(strike / SPOT) / (volatility * np.sqrt(years)))
            total += quantity * black(SPOT * (1.0 + move), strike, years, shocked, 0.0, 0.0, call).price
        return total

    grid = [
        worth(0.16 * step / 4.0, change, tilt)
        for step in range(-4, 5)
        for change in (0.0, 0.5, -0.25)
        for tilt in (0.0, 0.1, -0.1)
    ]
    marked = float((positions["quantity"] * positions["mark"]).sum())
    grid += [marked + (worth(move, 0.5, 0.0) - marked) / 3.0 for move in (-0.48, 0.48)]
    assert needed("portfolio", positions, linear).maintenance == pytest.approx(-min(grid), rel=1e-12)
    assert portfolio.STEPS == 4


def test_compiled_code_finds_a_model_by_its_number() -> None:
    positions, terms = account(option(2000.0, -1.0)), margins.make({"kind": "derive"}, "margin").terms()
    found = margins.required(margins.KINDS.index("derive"), positions, SPOT, 0.0, terms)
    assert found == derive.requirement(positions, SPOT, 0.0, terms)


@pytest.mark.parametrize("model", margins.KINDS)
def test_at_expiry_a_portfolio_still_has_a_margin(model: str) -> None:
    found = needed(model, account((1500.0, True, -1.0, 0.0, 0.8), (2500.0, False, 2.0, 0.0, 0.8)))
    assert np.isfinite(found).all()
    assert found.maintenance > 0.0 if model != "portfolio" else found.maintenance > -500.0
