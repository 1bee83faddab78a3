"""Magnet statistics on processes whose answers are known, and on markets in which nobody looks at the breaker."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm, t

from experiments.analysis.magnet import approach, first_trigger, pooled

SIGMA, STEP_S, STEPS = 1e-3, 2.0, 400
BARRIER, LOW = 0.05, 0.5


def walk(rng, near_factor=1.0, pull=0.0, draw=None):
    """A log price that starts at 0, with the fall over the barrier as the breaker's share.

    Near the barrier, volatility is `near_factor` times itself and `pull` is added to each step.
    """
    draw = draw or (lambda: rng.standard_normal(STEPS))
    noise = draw() * SIGMA * np.sqrt(STEP_S)
    price = np.zeros(STEPS + 1)
    for k in range(STEPS):
        close = -price[k] >= LOW * BARRIER
        price[k + 1] = price[k] + noise[k] * (near_factor if close else 1.0) - (pull if close else 0.0)
    share = -price[:-1] / BARRIER
    rate = np.where(share >= LOW, 30.0, 10.0)
    return approach(share, price, rate * STEP_S, STEP_S, LOW)


def sample(count, **law):
    rng = np.random.default_rng(5)
    return [walk(rng, **law) for _ in range(count)]


def test_a_price_that_does_not_look_is_the_same_near_and_far():
    """Nothing but chance: 400 walks give some 30,000 steps near the threshold, a ratio of 1 to about 0.5%."""
    found = pooled(sample(400))
    assert found["volatility_ratio"] == pytest.approx(1.0, abs=0.02)
    assert found["far_volatility"] == pytest.approx(SIGMA, rel=0.01)
    assert found["near_skewness"] == pytest.approx(0.0, abs=0.05)
    assert found["trading_ratio"] == pytest.approx(3.0, rel=1e-12)
    assert found["near_trading_usd_per_s"] == pytest.approx(30.0, rel=1e-12)


def test_the_chance_to_get_there_is_that_of_a_barrier():
    """The reflection principle, the barrier shifted for looking every step (Broadie, Glasserman, Kou 1997)."""
    rows = sample(2000)
    width = SIGMA * np.sqrt(STEP_S)

    def hits(barrier):
        return 2.0 * norm.cdf(-(barrier + 0.5826 * width) / (width * np.sqrt(STEPS - 1)))

    triggered = np.mean([row["triggered"] for row in rows])
    came = np.mean([max(row["approached"], row["triggered"]) for row in rows])
    error = lambda chance: 3.5 * np.sqrt(chance * (1.0 - chance) / len(rows))  # noqa: E731
    assert triggered == pytest.approx(hits(BARRIER), abs=error(hits(BARRIER)))
    assert came == pytest.approx(hits(LOW * BARRIER), abs=error(hits(LOW * BARRIER)))
    assert pooled(rows)["trigger_chance"] == pytest.approx(triggered / came, rel=1e-12)


def test_volatility_that_doubles_near_the_threshold_is_found():
    assert pooled(sample(200, near_factor=2.0))["volatility_ratio"] == pytest.approx(2.0, rel=0.03)


def test_volatility_that_halves_near_the_threshold_is_found():
    """No sign is built in: the opposite of a magnet is a number below one."""
    assert pooled(sample(200, near_factor=0.5))["volatility_ratio"] == pytest.approx(0.5, rel=0.03)


def test_a_pull_raises_the_chance_and_a_push_lowers_it():
    chance = {pull: pooled(sample(300, pull=pull * SIGMA))["trigger_chance"] for pull in (-0.2, 0.0, 0.2)}
    assert chance[-0.2] < chance[0.0] - 0.1
    assert chance[0.2] > chance[0.0] + 0.1


def test_skewness_is_that_of_the_steps():
    """Exponential steps less their mean, turned down, have skewness -2."""
    rng = np.random.default_rng(6)
    rows = [walk(rng, draw=lambda: 1.0 - rng.exponential(size=STEPS)) for _ in range(400)]
    assert pooled(rows)["far_skewness"] == pytest.approx(-2.0, abs=0.1)


def test_pooled_sums_are_the_moments_of_all_steps_together():
    rng = np.random.default_rng(7)
    draws = t.rvs(8, size=(3, 50), random_state=rng) + 0.3
    rows = [approach(np.zeros(50), np.append(0.0, np.cumsum(part)), np.ones(50), 4.0, 0.5) for part in draws]
    found, flat = pooled(rows), draws.ravel()
    assert found["far_volatility"] == pytest.approx(flat.std() / 2.0, rel=1e-12)
    assert found["far_skewness"] == pytest.approx(((flat - flat.mean()) ** 3).mean() / flat.std() ** 3, rel=1e-9)
    assert np.isnan([found["near_volatility"], found["volatility_ratio"], found["trigger_chance"]]).all()


def test_what_comes_after_the_first_trigger_does_not_count():
    share = np.array([0.2, 0.6, 1.2, 0.7, 0.0])
    price = np.array([0.0, 1.0, 3.0, 100.0, 0.0, 50.0])
    found: dict[str, Any] = approach(share, price, np.ones(5), 1.0, 0.5)
    assert first_trigger(share) == 2
    assert (found["far_sum"], found["near_sum"], found["triggered"]) == (1.0, 2.0, 1.0)
    assert found["near_returns"] + found["far_returns"] == 2
    assert approach(share[:2], price[:3], np.ones(2), 1.0, 0.5)["triggered"] == 0.0
