"""Every channel changes its own mechanism and nothing else, and a market without it still runs at the same seed."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.markets import channels
from experiments.markets.recorded import Recorded
from experiments.studies._options_on_stage import with_options
from experiments.studies._stage import stage
from market.config import MarketConfig

BASE = with_options(stage("shared", 1, True, collateral="abroad"))


def changed(first: Any, second: Any, where: str = "") -> set[str]:
    """Paths of what differs between two dumped configurations; numbers of lists are left out."""
    if isinstance(first, dict) and isinstance(second, dict):
        keys = first.keys() | second.keys()
        return {path for key in keys for path in changed(first.get(key), second.get(key), f"{where}.{key}")}
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        return {path for one, other in zip(first, second, strict=True) for path in changed(one, other, where)}
    return set() if first == second else {where}


TOUCHES = {
    "price_impact": {".agents.parameters.sell"},
    "pool_oracle": {".rollups.oracle.source"},
    "oracle_delay": {".rollups.oracle.delay_s", ".rollups.oracle.deviation_bp"},
    "cross_rollup_arbitrage": {".agents.parameters.cycles"},
    "scarce_capital": {".agents.capital_usd"},
    "liquidity_withdrawal": {".agents.parameters.leave_above"},
    "outage": {".regime.consensus.scheduled"},
    "congestion": {".regime.capacity.kind", ".regime.capacity.limit_per_s"},
    "shared_collateral": {".rollups.lending.collateral_on"},
    "permanent_impact": {".prices.impact_per_million"},
    "options": {".agents", ".rollups.options"},
    "option_hedges": {".agents.parameters.hedge_s"},
    "vega_hedges": {".agents.parameters.vega_rollup"},
}


def lacks(config: MarketConfig) -> MarketConfig:
    return config.model_copy(update={"horizon_s": 20.0})


def test_every_channel_is_described_here() -> None:
    assert channels.names() == list(TOUCHES)


@pytest.mark.parametrize("channel", channels.names())
def test_a_channel_is_one_lever(channel: str) -> None:
    less = channels.without(BASE, channel)
    assert changed(BASE.model_dump(mode="json"), less.model_dump(mode="json")) == TOUCHES[channel]
    assert channels.without(less, channel) == less
    assert MarketConfig.model_validate(less.model_dump()) == less


def test_an_unknown_channel_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown channel 'contgion'; allowed: price_impact"):
        channels.without(BASE, "contgion")


def test_the_exogenous_world_stays() -> None:
    """Without any channel, prices are those of the seed: what differs is what agents did."""
    bare = channels.without(lacks(BASE), *channels.names())
    markets = [Recorded(config, 5) for config in (bare, channels.without(lacks(BASE), "permanent_impact"))]
    for market in markets:
        market.run()
    assert markets[0].path.current.tolist() == markets[1].path.current.tolist()
    assert (markets[0].debt == markets[1].debt).all()
