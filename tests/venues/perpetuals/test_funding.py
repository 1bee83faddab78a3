"""Funding: the rate by hand, inside and outside of the clamp and the cap, and who pays it to whom."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import config, founded, opened, reported, rollup

from market.config import PerpetualConfig
from market.errors import InputError
from market.genesis import World
from market.venues.perpetuals import funding
from market.venues.perpetuals.rules import margin_of, premium

MAKER, TRADER = 0, 1
RATES = st.floats(-0.05, 0.05)
SIZES = st.floats(0.0, 0.05)
NONE = float("inf")


@pytest.mark.parametrize(
    ("premium", "interest", "clamp", "cap", "rate"),
    [
        # 8 hours as venues publish them: within 5 bp of 1 bp, the rate is 1 bp
        (0.0003, 0.0001, 0.0005, NONE, 0.0001),
        (-0.0004, 0.0001, 0.0005, NONE, 0.0001),
        # 20 bp less 5, -20 bp plus 5
        (0.0020, 0.0001, 0.0005, NONE, 0.0015),
        (-0.0020, 0.0001, 0.0005, NONE, -0.0015),
        # where the clamp begins to bind
        (0.0006, 0.0001, 0.0005, NONE, 0.0001),
        # no more than the cap, whatever the premium
        (0.0100, 0.0001, 0.0005, 0.0075, 0.0075),
        (-0.0100, 0.0001, 0.0005, 0.0075, -0.0075),
        # without a clamp, the interest part counts for nothing
        (0.0020, 0.0001, 0.0, NONE, 0.0020),
    ],
)
def test_the_rate_by_hand(premium: float, interest: float, clamp: float, cap: float, rate: float) -> None:
    assert funding.rate_of(premium, interest, clamp, cap) == pytest.approx(rate, rel=1e-12)


@given(premium=RATES)
def test_without_clamp_and_cap_the_rate_is_the_premium_to_the_last_bit(premium: float) -> None:
    assert funding.rate_of(premium, 0.0, 0.0, NONE) == premium


@given(premium=RATES, other=RATES, interest=RATES, clamp=SIZES, cap=SIZES)
def test_the_rate_follows_the_premium_and_keeps_within_the_clamp_and_the_cap(
    premium: float, other: float, interest: float, clamp: float, cap: float
) -> None:
    rate = funding.rate_of(premium, interest, clamp, NONE)
    assert abs(rate - premium) <= clamp + 1e-17
    # no further from the interest than the premium was, and not beyond it
    assert min(premium, interest) - 1e-17 <= rate <= max(premium, interest) + 1e-17
    capped = funding.rate_of(premium, interest, clamp, cap)
    assert capped == min(max(rate, -cap), cap)
    low, high = sorted((premium, other))
    assert funding.rate_of(low, interest, clamp, cap) <= funding.rate_of(high, interest, clamp, cap) + 1e-17


def world(**terms: Any) -> World:
    """One trader, long 10,000 USD at 2,500 USD, and the maker short as much, on a depth of a million: 1% of premium."""
    plain = {
        "traders": 1, "margin_median_usd": 2000.0, "margin_log_sd": 0.0, "leverage_low": 5.0, "leverage_high": 5.0,
        "max_leverage": 10.0, "maintenance": 0.02, "long_share": 1.0, "fee_bp": 0.0, "spread_bp": 0.0,
        "depth_usd": 1e6, "funding_period_s": 100.0,
    }  # fmt: skip
    return founded(rollup("a", perpetuals=(PerpetualConfig(**plain | terms),)))


@pytest.mark.parametrize(
    ("terms", "paid"),
    [
        ({}, 100.0),  # 1% of 10,000 USD in the period
        ({"funding_interest": 0.004, "funding_clamp": 0.01}, 40.0),
        ({"funding_interest": 0.004, "funding_clamp": 0.002}, 80.0),
        ({"funding_interest": 0.004, "funding_clamp": 0.002, "funding_cap": 0.005}, 50.0),
        ({"funding_interest": -0.02, "funding_clamp": 0.015}, -50.0),  # below zero: the short pays
    ],
)
def test_longs_pay_shorts_what_the_rate_says(terms: dict[str, float], paid: float) -> None:
    market = world(**terms)
    assert premium(market.state, 0) == pytest.approx(0.01, rel=1e-12)
    before = [margin_of(market.state, contract)[0] for contract in (MAKER, TRADER)]
    for time in (10.0, 35.0, 35.0, 100.0):
        funding.accrue(market.state, time)
    gained = [margin_of(market.state, contract)[0] - was for contract, was in zip((MAKER, TRADER), before, strict=True)]
    assert gained == pytest.approx([paid, -paid], rel=1e-9)


def test_a_market_runs_with_the_published_formula() -> None:
    terms = PerpetualConfig(
        traders=20,
        long_share=1.0,
        depth_usd=1e6,
        funding_interest=1e-4,
        funding_clamp=5e-4,
        funding_cap=0.0075,
        funding_period_s=60.0,
    )
    market = opened(config(rollup("a", perpetuals=(terms,))))
    market.run()
    assert reported(market)["conservation_error"] < 1e-9
    row, time = market.world.tables.perpetuals[0], market.time
    # everybody is long, by far more than clamp and cap: the rate is the cap, on a price that hardly moves
    assert premium(market.world.state, 0) > 0.01
    assert row["funding"] == pytest.approx(0.0075 * 2500.0 * row["funded_at"] / 60.0, rel=0.05)
    assert row["funded_at"] == pytest.approx(time, abs=2.0)


def test_bad_terms_are_refused() -> None:
    for terms in ({"funding_clamp": -0.1}, {"funding_cap": 0.0}, {"funding_interest": 1.0}):
        with pytest.raises((InputError, ValueError), match=next(iter(terms))):
            PerpetualConfig(**terms)
