"""Who is asked to look: whoever rests without a reason would have done nothing."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from worlds import ETH_USD, stressed

from agents.base import StrategicAgent
from agents.liquidators.greedy import Greedy
from agents.population import Population
from agents.traders.arbitrageur import Arbitrageur
from agents.traders.express_bidder import ExpressBidder
from market.access.turns import Times, next_look
from market.config import AgentConfig, FlowConfig, MarketConfig
from market.measures.outcomes import outcomes
from market.model import SequencerMarket

CAST = (
    AgentConfig(role="liquidator", strategy="greedy", count=2, parameters={"slack": None}),
    AgentConfig(role="liquidator", strategy="greedy", parameters={"sell": "outside"}),
    AgentConfig(role="trader", strategy="arbitrageur", count=2),
    AgentConfig(role="trader", strategy="arbitrageur", parameters={"outside": False}),
    AgentConfig(role="trader", strategy="express_bidder", parameters={"cycles": False}),
)


def ran_with(config: MarketConfig, restless: bool) -> tuple[dict[str, Any], int]:
    """Outcomes of a run, and how often somebody with reasons was asked to act."""
    market = SequencerMarket(config, 3, Population(config))
    asked = 0
    for domain in market.domains:
        if restless:
            domain.turns = [turn._replace(reasons=None) for turn in domain.turns]

    def counted(act: Any) -> Any:
        def count(*about: Any) -> None:
            nonlocal asked
            asked += 1
            act(*about)

        return count

    for agent in market.participants:
        if agent.reasons is not None:
            agent.act = counted(agent.act)
    market.run()
    return outcomes(market), asked


@pytest.mark.parametrize("regime", ["siloed", "timeboost", "centralized_shared"])
def test_whoever_rests_would_have_done_nothing(regime: str) -> None:
    config = stressed(regime, agents=CAST, horizon_s=40.0)
    resting, seldom = ran_with(config, restless=False)
    restless, often = ran_with(config, restless=True)
    assert repr(resting) == repr(restless)  # also where nothing was to be measured
    assert 0 < seldom < often


def test_whoever_hedges_apart_from_blocks_looks_at_everything() -> None:
    config = stressed("siloed", agents=CAST, horizon_s=10.0)
    config = config.model_copy(update={"outside": config.outside.model_copy(update={"atomic": False})})
    resting, seldom = ran_with(config, restless=False)
    restless, often = ran_with(config, restless=True)
    assert repr(resting) == repr(restless)  # also where nothing was to be measured
    assert seldom == often > 0


def test_agents_are_asked_when_they_look_behind_calls_and_not_before_each_sealing(monkeypatch) -> None:
    asked = 0

    def counted(agent: Any) -> float:
        nonlocal asked
        asked += 1
        return rests(agent)

    rests = Arbitrageur.rests_until.fget
    monkeypatch.setattr(Arbitrageur, "rests_until", property(counted))
    calm = {"name": "ETH", "price_usd": ETH_USD, "volatility": 0.2}
    config = stressed("siloed", agents=CAST, horizon_s=40.0, assets=(calm,), flow=FlowConfig(per_second=0.1))
    market = SequencerMarket(config, 3, Population(config))
    market.run()
    assert 0 < asked < market.tally.slots


@pytest.mark.parametrize(("wakes", "expected"), [(7.0, 7.0), (math.nan, -math.inf), ("soon", -math.inf)])
def test_whoever_states_no_time_is_asked_before_each_sealing(wakes: Any, expected: float) -> None:
    assert next_look(SimpleNamespace(wake_at=wakes)) == expected


def test_times_follow_whoever_is_called() -> None:
    early, late = (SimpleNamespace(account=at, acts=True, wake_at=5.0 + at) for at in range(2))
    times = Times()
    times.seat([early, late])
    assert not times.come(4.0)
    assert times.come(5.0)
    early.wake_at = 9.0
    times.called(early)
    assert times.earliest == 6.0
    late.wake_at = 2.0
    assert not times.come(3.0)  # nobody has called it since
    times.doubt(late)
    assert times.come(3.0)
    early.wake_at = late.wake_at = math.inf
    times.doubt()
    assert not times.come(1e9)


def test_a_subclass_has_no_reasons_but_its_own() -> None:
    class Busy(Greedy):
        """Acts in another way, for whatever reasons."""

    assert Busy.reasons is None is StrategicAgent.reasons
    assert all(strategy.reasons is not None for strategy in (Greedy, Arbitrageur, ExpressBidder))
