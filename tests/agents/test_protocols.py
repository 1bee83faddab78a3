"""Protocols that learn where their rollup fares best."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from agents.protocols.experienced import DAY_S, Experienced
from market.access.networks import Experience, NetworksSeen, Terms
from market.latency import USUAL

FAST, SLOW = Terms("fast", 0.1, 0.5), Terms("slow", 0.0, 2.5)
ALONE = Terms("", 0.0, 2.5)


def protocol(**parameters: Any) -> Experienced:
    seat = SimpleNamespace(
        account=0,
        name="one",
        provider=-1,
        capital_usd=0.0,
        stream=np.random.default_rng(1),
        latency_s=0.0,
        latency=USUAL,
        config=SimpleNamespace(outside=SimpleNamespace(atomic=True), outside_fee_bp=0.0),
    )
    return Experienced(seat, **parameters)  # pyright: ignore[reportArgumentType]


def past(rollup: int, network: int, **changes: float) -> Experience:
    """A minute in which users wanted to trade 10,000 USD and nobody paid anything."""
    zero = dict.fromkeys(
        (
            "revenue_usd", "cost_usd", "delay_s", "sandwich_usd", "retail_sandwich_usd", "arbitrage_usd",
            "providers_usd", "penalty_usd", "bad_debt_usd", "options_usd", "stale_usd", "makers_usd", "unhedged_usd2",
        ),
        0.0,
    )  # fmt: skip
    return Experience(rollup=rollup, network=network, start_s=0.0, end_s=60.0, **{"demand_usd": 1e4} | zero | changes)


def seen(*experience: Experience, network: int = 0, **changes: Any) -> NetworksSeen:
    settings: dict[str, Any] = {
        "time": 60.0,
        "rollup": 0,
        "where": (network, 2),
        "coming": (network, 2),
        "terms": (ALONE, FAST, SLOW),
        "experience": experience,
        "funds_usd": 1e6,
        "switching_usd": 0.0,
        "notice_s": 0.0,
        "period_s": 60.0,
    }
    return NetworksSeen(**settings | changes)


PER_DAY = 1e4 * DAY_S / 60.0  # what users of a rollup want to trade in a day [USD]


def test_before_any_experience_only_published_terms_count() -> None:
    one = protocol(trust=0.0, impatience_bp_s=0.5)
    one.choose(seen(past(0, 0, revenue_usd=20.0)))
    fees, waiting = 0.1 * 20.0 * DAY_S / 60.0, 0.5 * 2.0 * 0.5e-4 * PER_DAY
    assert one.believed(seen()) == pytest.approx([0.0, 0.5 * 0.0 + waiting - fees, 0.0])


def test_fees_are_told_from_what_came_in_before_them() -> None:
    one = protocol(trust=0.0, impatience_bp_s=0.0)
    one.choose(seen(past(0, 1, revenue_usd=9.0), network=1))
    gains = 0.1 * 10.0 * DAY_S / 60.0
    assert one.believed(seen(network=1)) == pytest.approx([gains, 0.0, gains])


def test_what_everybody_lives_through_is_no_network_s_doing() -> None:
    one = protocol(care=1.0)
    bad = {"cost_usd": 50.0, "bad_debt_usd": 10.0}
    one.choose(seen(past(0, 0, **bad), past(1, 2, **bad)))
    fine = protocol(care=1.0)
    fine.choose(seen(past(0, 0), past(1, 2)))
    assert one.believed(seen()) == pytest.approx(fine.believed(seen()))


def test_a_network_in_which_it_fared_better_is_worth_more() -> None:
    """Two periods in each, a basis point of demand apart; the other rollup lives through nothing else."""
    one = protocol(memory=1.0, trust=0.0, prior=1e-9, impatience_bp_s=0.0)
    for network, cost in ((1, 2.0), (2, 3.0), (1, 2.0), (2, 3.0)):
        one.choose(seen(past(0, network, cost_usd=cost), past(1, 0), network=network))
    believed = one.believed(seen())
    # half of the difference stays with what all rollups lived through, which is half its own
    assert believed[1] - believed[2] == pytest.approx(0.5 * 1e-4 * PER_DAY, rel=1e-6)


def test_it_learns_from_what_others_lived_through() -> None:
    one = protocol(memory=1.0, trust=1.0, impatience_bp_s=0.0)
    for network, cost in ((1, 0.0), (2, 5.0)):
        one.choose(seen(past(0, 0), past(1, network, cost_usd=cost)))
    believed = one.believed(seen())
    assert believed[1] > believed[0] > believed[2]


@pytest.mark.parametrize("noise_bp", [0.0, 0.01])
def test_it_takes_the_better_network_unless_moving_costs_more_than_that_brings(noise_bp: float) -> None:
    one = protocol(inertia=0.0, noise_bp=noise_bp, trust=0.0, impatience_bp_s=0.5)
    assert one.choose(seen(past(0, 0))) == 1  # which saves waiting
    gain = float(one.believed(seen())[1])
    assert one.choose(seen(switching_usd=0.5 * gain)) == 1
    assert one.choose(seen(switching_usd=2.0 * gain)) == 0
    assert one.choose(seen(switching_usd=0.5 * gain, funds_usd=0.0)) == 0
    quick = protocol(inertia=0.0, noise_bp=noise_bp, trust=0.0, impatience_bp_s=0.5, payback_s=0.1 * DAY_S)
    quick.choose(seen(past(0, 0)))
    assert quick.choose(seen(switching_usd=0.5 * gain)) == 0


def test_inertia_and_exploration_are_the_shares_they_say() -> None:
    """Of 4000 reviews, with a standard error of 0.8% at most."""
    lazy = protocol(inertia=0.8, noise_bp=0.0, impatience_bp_s=0.5)
    lazy.choose(seen(past(0, 0)))
    moved = np.mean([lazy.choose(seen()) == 1 for _ in range(4000)])
    assert moved == pytest.approx(0.2, abs=0.025)
    curious = protocol(inertia=1.0, explore=0.3)
    found = np.bincount([curious.choose(seen()) for _ in range(4000)], minlength=3) / 4000
    assert found[1:] == pytest.approx([0.1, 0.1], abs=0.025)


def test_logit_chances_are_those_of_the_rule() -> None:
    one = protocol(inertia=0.0, noise_bp=0.3, trust=0.0, impatience_bp_s=0.1)
    one.choose(seen(past(0, 0)))
    worth = one.believed(seen()) / (0.3e-4 * PER_DAY)
    expected = np.exp(worth) / np.exp(worth).sum()
    found = np.bincount([one.choose(seen()) for _ in range(8000)], minlength=3) / 8000
    assert found == pytest.approx(expected, abs=0.025)
    assert expected.max() - expected.min() > 0.05


def test_losses_in_sandwiches_count_once() -> None:
    one = protocol(care=1.0, impatience_bp_s=0.0)
    retail = past(0, 1, cost_usd=4.0, sandwich_usd=4.0, retail_sandwich_usd=4.0)
    assert one.worth(retail) == pytest.approx(-4.0 / 1e4)
    assert one.worth(past(0, 1, sandwich_usd=4.0)) == pytest.approx(-4.0 / 1e4)
    assert one.worth(past(0, 1, revenue_usd=3.0, providers_usd=2.0, penalty_usd=1.0)) == pytest.approx(4.0 / 1e4)


@pytest.mark.parametrize(
    "wrong", [{"inertia": 1.1}, {"care": -1.0}, {"prior": 0.0}, {"payback_s": 0.0}, {"memory": -0.1}, {"explore": 2.0}]
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        protocol(**wrong)
