"""Delays of messages: the moments of every law, and what volatility and load add."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import config, opened

from market.access.strain import MEMORY_S, Strain
from market.config import AgentConfig
from market.latency import USUAL, LatencyLaw
from market.settings import YEAR_S

DRAWS = 200_000
FOURTH = {"uniform": 1.8, "exponential": 9.0, "gamma": 3.0 + 6.0 * 0.6**2}
"""Fourth central moment over squared variance."""


@pytest.mark.parametrize(
    ("law", "variation", "deviation"),
    [("uniform", 0.6, 1 / math.sqrt(12)), ("exponential", 0.6, 1.0), ("gamma", 0.6, 0.6), ("lognormal", 0.6, 0.6)],
)
def test_delays_have_their_mean_and_deviation(law: Any, variation: float, deviation: float) -> None:
    delays = LatencyLaw(law=law, variation=variation).draw(np.random.default_rng(2), 0.05, DRAWS)
    assert delays.min() >= 0.0
    assert delays.mean() == pytest.approx(0.05, abs=4 * 0.05 * deviation / math.sqrt(DRAWS))
    # of the lognormal law with w = 1 + variation^2 it is w^4 + 2 w^3 + 3 w^2 - 3
    w = 1.0 + variation**2
    fourth = FOURTH.get(law, w**4 + 2 * w**3 + 3 * w**2 - 3)
    error = math.sqrt((fourth - 1.0) / DRAWS)
    assert delays.var() == pytest.approx((0.05 * deviation) ** 2, rel=4 * error)


@given(mean=st.floats(0.0, 10.0), seed=st.integers(0, 99))
def test_a_constant_delay_is_its_mean_and_the_usual_one_is_within_half_of_it(mean: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert (LatencyLaw(law="constant").draw(rng, mean, 5) == mean).all()
    assert rng.random() == np.random.default_rng(seed).random()  # and takes no draws
    usual = USUAL.draw(np.random.default_rng(seed), mean, 50)
    np.testing.assert_array_equal(usual, mean * (0.5 + np.random.default_rng(seed).random(50)))


def strained(law: LatencyLaw) -> tuple[Any, Any, Strain]:
    """A market of one asset, an agent with a delay of 0.1 s, and what measures them."""
    market: Any = SimpleNamespace(
        path=SimpleNamespace(current=np.array([1.0, 2500.0])), mempool=SimpleNamespace(submitted=0)
    )
    return market, SimpleNamespace(latency_s=0.1, latency_law=law), Strain(market)


def test_the_mean_rises_with_the_load_by_hand() -> None:
    """Fifty intents in ten seconds; what was measured before has lost its weight by exp(-10 / 60)."""
    market, agent, strain = strained(LatencyLaw(with_load=0.2))
    assert strain.stretched(agent, 0.0) == 0.1
    market.mempool.submitted = 50
    load = 5.0 * (1.0 - math.exp(-10.0 / MEMORY_S))
    assert strain.stretched(agent, 10.0) == pytest.approx(0.1 * (1.0 + 0.2 * load), rel=1e-12)
    # at the same moment, nothing more is known
    market.mempool.submitted = 99
    assert strain.stretched(agent, 10.0) == pytest.approx(0.1 * (1.0 + 0.2 * load), rel=1e-12)


def test_the_mean_rises_with_volatility_by_hand() -> None:
    market, agent, strain = strained(LatencyLaw(with_volatility=2.0))
    strain.stretched(agent, 0.0)
    market.path.current[1] *= math.exp(0.01)
    variance = 0.01**2 / 10.0 * (1.0 - math.exp(-10.0 / MEMORY_S))
    rise = 2.0 * math.sqrt(variance * YEAR_S)
    assert strain.stretched(agent, 10.0) == pytest.approx(0.1 * (1.0 + rise), rel=1e-9)


def test_whoever_asks_for_no_rise_has_none() -> None:
    market, agent, strain = strained(USUAL)
    for time in (0.0, 10.0):
        assert strain.stretched(agent, time) == 0.1
        market.mempool.submitted, market.path.current[1] = 10**6, 1.0


@pytest.mark.parametrize(("law", "delay"), [({"law": "constant"}, 0.03), ({"law": "constant", "with_load": 1e3}, 1.0)])
def test_intents_arrive_after_the_delay_of_their_sender(law: dict[str, Any], delay: float) -> None:
    agents = AgentConfig(role="trader", strategy="arbitrageur", latency_s=0.03, latency_spread_s=0.0, latency=law)
    market = opened(config(agents=(agents,), horizon_s=20.0))
    [account] = [agent.account for agent in market.participants if agent.role == "trader"]
    delays: list[float] = []
    submit = market.mempool.submit

    def noted(rows: np.ndarray) -> None:
        mine = rows[rows["sender"] == account]
        delays.extend((mine["arrival"] - mine["sent"]).tolist())
        submit(rows)

    market.mempool.submit = noted  # pyright: ignore[reportAttributeAccessIssue]
    market.run()
    assert delays
    if delay == 0.03:
        assert delays == pytest.approx([0.03] * len(delays), rel=1e-9)
    else:
        assert max(delays) > delay


@pytest.mark.parametrize("law", [{"law": "pareto"}, {"variation": 0.0}, {"with_load": -1.0}, {"jitter": 1.0}])
def test_bad_laws_are_refused(law: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(law))):
        LatencyLaw(**law)
