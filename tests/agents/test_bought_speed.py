"""Searchers that may buy speed: they do where being early decides, and not where the order is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import USD, config, on_block, opened, rollup

from agents.traders.learning_searcher import LearningSearcher
from market import regimes
from market.config import AgentConfig, FlowConfig, MarketConfig
from market.errors import InputError

RENT = 1e5
"""Rent of a unit of speed: three of them cost half of what a period's back-runs bring whoever is first [USD/h]."""


def race(ordering: str, horizon_s: float = 3000.0, rent: float = RENT, **changes: Any) -> MarketConfig:
    """Back-runs of readable swaps, for which the learner races a rival with half its latency."""
    speeds = {"speeds": [1.0, 4.0], "rent_usd_per_hour": rent, "review_s": 20.0, "sandwich": False}
    plain = {"latency_s": 0.02, "latency_spread_s": 0.0}
    return config(
        rollup("a"), horizon_s=horizon_s,
        regime=regimes.load("siloed").model_copy(
            update={"visibility": {"kind": "public"}, "ordering": {"kind": ordering}}
        ),
        flow=FlowConfig(
            per_second=0.5, median_usd=3e4, log_sd=0.3, slippage_median_bp=1000.0, slippage_log_sd=0.0,
            tip_mean_usd=0.0, latency_s=0.2, patience_s=20.0,
        ),
        agents=(
            AgentConfig(role="trader", strategy="searcher", parameters={"sandwich": False, "tip_share": 0.01}, **plain),
            AgentConfig(
                role="trader", strategy="learning_searcher", capital_usd=2e6, latency_s=0.04, latency_spread_s=0.0,
                parameters=speeds | {"tips": [0.02]} | changes,
            ),
        ),
    )  # fmt: skip


def learner(market: Any) -> LearningSearcher:
    return next(agent for agent in market.participants if type(agent) is LearningSearcher)


def gain(config: MarketConfig, seed: int) -> float:
    """What the searcher gained, at the last prices [USD]."""
    market = opened(config, seed)
    tables, account = market.world.tables, learner(market).account
    before = tables.balance[account].copy()
    market.run()
    return float(((tables.balance[account] - before) @ tables.prices).sum())


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_speed_pays_where_the_first_comes_first_and_is_bought(seed: int) -> None:
    slow, fast = (gain(race("first_come", speeds=[speed], rent=0.0), seed) for speed in (1.0, 4.0))
    assert fast - 3.0 * RENT * 3000.0 / 3600.0 > 2.0 * slow


@pytest.mark.slow
def test_speed_is_bought_where_it_pays() -> None:
    """It learns at a constant rate, so that a bad stretch may have it try the other speed: mostly it is fast."""
    shares = []
    for seed in (1, 2, 3):
        market = opened(race("first_come"), seed)
        searcher, fast = learner(market), []
        on_block(market, lambda slot, searcher=searcher, fast=fast: fast.append(searcher._latency < 0.02))
        market.run()
        shares.append(np.mean(fast[len(fast) // 2 :]))
    assert np.mean(shares) > 0.8


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_speed_brings_nothing_where_the_order_is_drawn_and_is_not_bought(seed: int) -> None:
    """Exactly nothing, to the last bit: everybody arrives in time for the block either way."""
    assert gain(race("random_batch", speeds=[1.0], rent=0.0), seed) == gain(
        race("random_batch", speeds=[4.0], rent=0.0), seed
    )
    market = opened(race("random_batch"), seed)
    market.run()
    searcher = learner(market)
    assert searcher.speeds is not None
    assert searcher.speeds.policy().tolist() == [1.0, 0.0]


def test_rent_is_paid_to_the_outside_and_is_all_that_speed_changes_where_there_is_nothing_to_win() -> None:
    quiet = race("first_come", horizon_s=59.0, speeds=[3.0], rent=360.0)
    quiet = quiet.model_copy(update={"flow": FlowConfig(per_second=0.0)})
    market = opened(quiet)
    balance, outside = market.world.tables.balance, market.world.account_of["outside"]
    account = learner(market).account
    before = balance[:, 0, USD].copy()
    market.run()
    paid = balance[:, 0, USD] - before
    assert paid[account] == pytest.approx(-3 * 2.0 * 360.0 * 20.0 / 3600.0)
    assert paid[outside] == pytest.approx(-paid[account])
    assert learner(market)._latency == pytest.approx(0.04 / 3.0)


def test_who_cannot_pay_the_rent_is_not_faster() -> None:
    poor = race("first_come", horizon_s=10.0, speeds=[4.0])
    agents = (poor.agents[0], poor.agents[1].model_copy(update={"capital_usd": 1.0}))
    market = opened(poor.model_copy(update={"agents": agents}))
    market.run()
    assert learner(market).speed == 1.0
    assert learner(market)._latency == 0.04


def test_without_a_choice_nothing_is_learned_nor_paid() -> None:
    market = opened(race("first_come", horizon_s=60.0, speeds=[1.0]))
    market.run()
    assert learner(market).speeds is None
    assert learner(market)._latency == 0.04


@pytest.mark.parametrize("speeds", [[], [0.5], [float("inf")], [float("nan")]])
def test_speeds_are_at_least_one(speeds: list[float]) -> None:
    with pytest.raises(InputError, match=r"^agents\.LearningSearcher\.parameters: speeds must be at least 1"):
        opened(race("first_come", speeds=speeds))
