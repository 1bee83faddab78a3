"""A provider that chooses its range: where it stands, when it moves, and what it learns of fees and losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import ETH_USD, config, opened, reported, rollup

from agents.market_makers.range_provider import Candidate, RangeProvider
from market.config import AgentConfig, FlowConfig, PoolConfig
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.venues.pools.by_range import by_range
from market.venues.pools.config import ConcentratedConfig
from market.venues.pools.ticks import STEP

USUAL = {"review_s": 20.0, "look_s": 1.0, "rate": 5.0}


def market(fee_bp: float, volatility: float, per_second: float, *, horizon_s: float = 400.0, **parameters: Any):
    """One bell-shaped pool, a provider, an arbitrageur and retail flow."""
    ranged = PoolConfig(
        depth_usd=2.5e6,
        fee_bp=fee_bp,
        price_usd=ETH_USD,
        concentrated=ConcentratedConfig(everywhere=0.5, bell_bp=300.0),
    )
    cast = (
        AgentConfig(role="market_maker", strategy="range_provider", parameters=USUAL | parameters),
        AgentConfig(role="trader", strategy="arbitrageur", capital_usd=1e7),
    )
    flow = FlowConfig(per_second=per_second, median_usd=2000.0, log_sd=0.5, slippage_median_bp=300.0, latency_s=0.1)
    asset = {"name": "ETH", "price_usd": ETH_USD, "volatility": volatility}
    return config(rollup("a", pools=(ranged,)), agents=cast, horizon_s=horizon_s, flow=flow, assets=(asset,))


def provider(run: SequencerMarket) -> RangeProvider:
    [found] = [agent for agent in run.participants if isinstance(agent, RangeProvider)]
    return found


class Places(Recorder):
    """Keeps, after every block, the ends of the provider's range."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, float]] = []

    def on_start(self, market: SequencerMarket) -> None:
        self.tables, self.account = market.world.tables, market.world.account_of["range_provider 0"]

    def on_block(self, slot: Any) -> None:
        mine = self.tables.ranges[
            (self.tables.ranges["owner"] == self.account) & (self.tables.ranges["liquidity"] > 0.0)
        ]
        assert len(mine) <= 1
        self.seen += [(float(row["lower"]), float(row["upper"])) for row in mine]


def test_it_stands_around_the_price_and_moves_after_it() -> None:
    places = Places()
    run = opened(market(5.0, 8.0, 1.0, widths_bp=(50.0,), rate=1e-6), recorders=(places,))
    run.run()
    ends = np.array(places.seen)
    assert len(ends) > 50
    assert (np.unique(ends[:, 1] - ends[:, 0]) <= 120.0).all()  # two half widths on a grid of ten ticks
    assert len(np.unique(ends[:, 0])) > 3


def test_where_there_is_nothing_but_arbitrage_it_learns_to_stay_out() -> None:
    run = opened(market(0.0, 8.0, 0.0))
    run.run()
    policy = provider(run).learners[0].policy()
    assert policy[0] > 0.9
    assert policy[0] > policy[1:].sum()


def test_where_fees_are_all_there_is_it_learns_to_be_narrow() -> None:
    run = opened(market(5.0, 0.0, 4.0))
    run.run()
    policy = provider(run).learners[0].policy()
    assert np.argmax(policy) == 1
    assert policy[1] > 0.8
    found = by_range(run.world.state, run.world.tables)
    mine = found[found["owner"] == provider(run).account]
    assert len(mine) == 1
    assert (mine["fees_usd"] > 0.0).all()
    assert reported(run)["ranges_fees_usd"] > 0.0


def test_a_candidate_earns_on_the_part_of_the_way_that_lay_inside() -> None:
    prices = np.array([ETH_USD, 1.0])
    tick = float(np.log(ETH_USD) / np.log(STEP))
    candidate = Candidate(100.0, 1.0)
    candidate.centre_on(tick, prices)
    low, high = (STEP ** (0.5 * (tick + at)) for at in (-100.0, 100.0))
    worth = (1.0 / 50.0 - 1.0 / high) * ETH_USD + 50.0 - low
    assert candidate.liquidity == pytest.approx(1.0 / worth, rel=1e-12)
    candidate.follow(tick, tick + 50.0, 2.0, prices, 1.0)
    assert candidate.earned == pytest.approx(2.0 / worth, rel=1e-12)
    candidate.follow(tick + 50.0, tick + 150.0, 2.0, prices, 0.25)  # half of it, and then it moves
    assert candidate.earned == pytest.approx(3.0 / worth - 0.25, rel=1e-12)
    assert candidate.centre == tick + 150.0


@pytest.mark.parametrize(
    "wrong",
    [{"widths_bp": ()}, {"widths_bp": (10.0, 5.0)}, {"move_at": 0.0}, {"share": 1.5}, {"review_s": 0.0}, {"rate": 0.0}],
)
def test_what_makes_no_sense_is_said(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        opened(market(5.0, 0.0, 0.0, horizon_s=1.0, **wrong))
