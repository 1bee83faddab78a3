"""A maker who passes on the vega of what it owes: how much, at which price, and what else it leaves alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from agents.market_makers.fixed_spread import FixedSpread
from agents.means.option_accounts import Margin
from agents.means.vega_hedge import NEAR, VegaHedge
from experiments.markets import channels
from experiments.markets.recorded import Recorded
from experiments.studies._options_on_stage import VEGA_KEPT, VOLATILITY, with_options
from experiments.studies._stage import stage
from experiments.studies.contagion import BASE
from experiments.validation._markets import Watched, asset, pool, rollup, still
from market.config import AgentConfig, OptionsConfig
from market.errors import InputError, StrategyError
from market.intents.rows import Status
from market.model import SequencerMarket
from market.pricing.black import black
from market.settings import YEAR_S
from market.venues import Kind

PRICE, WEEK_S, LIMIT_USD = 100.0, 604_800.0, 1.0
FIRST, SECOND = 0, 1


def market_of(second_half: float = 0.02, more: tuple[str, ...] = (), **parameters: Any) -> Watched:
    """A still market of options on two rollups, whose first maker is sold to and passes its vega on to the second."""
    chain = OptionsConfig(expiries_s=(WEEK_S,), strikes=2, step=0.1, fee_bp=0.0, makers=2)
    homes = [
        rollup(name, pool((1e4, 1e6), ("ETH", "USD"), 30.0, PRICE), options=(chain,), block_time_s=1.0)
        for name in ("one", "two")
    ]
    homes += [homes[0].model_copy(update={"name": name, "options": ()}) for name in more]
    hedges = {"rollup": "one", "vega_rollup": "two", "vega_usd": LIMIT_USD, "half_spread": 0.02, "size": 30.0}
    buys = {"per_hour": 7200.0, "mean_size": 10.0, "slippage_bp": 5000.0, "rollups": ["one"]}
    agents = [
        AgentConfig(role="market_maker", strategy="fixed_spread", capital_usd=1e7, parameters=hedges | parameters),
        AgentConfig(
            role="market_maker", strategy="fixed_spread", capital_usd=1e7,
            parameters={"rollup": "two", "half_spread": second_half, "size": 40.0},
        ),
        AgentConfig(role="trader", strategy="option_buyer", capital_usd=1e7, latency_s=0.05, parameters=buys),
    ]  # fmt: skip
    market = Watched(still(homes, [asset("ETH", PRICE)], agents, horizon_s=40.0, outside_fee_bp=1.0), seed=1)
    market.run()
    return market


def makers(market: SequencerMarket) -> list[FixedSpread]:
    return [agent for agent in market.participants if isinstance(agent, FixedSpread)]


def held(market: SequencerMarket, maker: int, on: int) -> np.ndarray:
    """Options of each series of a market that one of the makers holds."""
    tables = market.world.tables
    terms = tables.option_markets[on]
    account = int(terms["first_account"]) + makers(market)[maker].account
    at = int(tables.option_accounts["positions"][account])
    return tables.option_positions["quantity"][at : at + int(terms["series"])]


def vega_usd(market: SequencerMarket, price: float = PRICE, volatility: float = 0.8) -> np.ndarray:
    """Of an option of each series, by 0.01 of volatility: alike on all rollups."""
    rows = market.world.tables.options[: int(market.world.tables.option_markets["series"][0])]
    years = (rows["expires"] - market.time) / YEAR_S
    cells = zip(rows["strike"].tolist(), years.tolist(), (rows["call"] == 1.0).tolist(), strict=True)
    return np.array([black(price, strike, left, volatility, 0.0, 0.0, call).vega for strike, left, call in cells]) / 100


def test_a_maker_keeps_no_more_vega_than_its_limit_and_the_other_has_the_rest() -> None:
    market = market_of()
    vega = vega_usd(market)
    owed, bought = (float(held(market, 0, on) @ vega) for on in (FIRST, SECOND))
    assert owed < -4.0 * LIMIT_USD, "buyers have left it with more than it means to keep"
    # what was sold to buyers since its last look, two seconds at the most, is not passed on yet
    assert abs(owed + bought) <= (1.0 + NEAR) * LIMIT_USD + 2.0 * 2.0 * 10.0 * vega.max()
    assert float(held(market, 1, SECOND) @ vega) == pytest.approx(-bought)
    assert not held(market, 1, FIRST).any(), "the second maker quotes on its own rollup alone"


def test_it_pays_no_more_than_it_asks_itself() -> None:
    assert not held(market_of(second_half=0.05), 0, SECOND).any()
    cheap = market_of(second_half=0.01)
    rows = np.concatenate(cheap.blocks)
    own = rows[(rows["kind"] == int(Kind.OPTION_TRADE)) & (rows["sender"] == makers(cheap)[0].account)]
    own = own[own["status"] == Status.FILLED]
    assert len(own)
    assert set(own["rollup"]) == {SECOND}
    assert np.all(own["filled_in"] <= own["filled_out"] * own["limit"] * (1.0 + 1e-12))
    assert np.all(own["arrival"] + 10.0 >= own["executed"])


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"vega_rollup": "three"}, "unknown rollup 'three'; allowed: one, two"),
        ({"rollup": "three"}, "unknown rollup 'three'; allowed: one, two"),
        ({"vega_rollup": "one"}, "vega_rollup must be another than rollup"),
        ({"rollup": None}, "vega_rollup must be another than rollup"),
        ({"vega_usd": -1.0}, "vega_usd must not be negative"),
    ],
)
def test_what_no_maker_can_do_is_refused(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        market_of(**parameters)


def test_a_rollup_without_options_is_no_place_for_it() -> None:
    with pytest.raises(StrategyError, match="there are no options on rollup 2 to trade vega with"):
        market_of(vega_rollup="three", more=("three",))


def test_without_the_channel_the_first_maker_of_the_crash_keeps_all_vega_and_what_is_open_is_watched() -> None:
    config = with_options(stage("shared", 1, True, **BASE))
    passing, keeping = (Recorded(each, 1) for each in (config, channels.without(config, "vega_hedges")))
    for market in (passing, keeping):
        market.run()
    assert held(passing, 0, SECOND).sum() > 10.0
    assert not held(keeping, 0, SECOND).any()
    hedge = makers(passing)[0].vega
    owed = VEGA_KEPT * 0.005 * 0.4 * config.rollups[0].pools[0].depth_usd * VOLATILITY / 365.0
    assert hedge is not None
    assert hedge.most_usd == pytest.approx(owed)
    assert 0.0 < hedge.mean_beyond_usd(passing.time) < 3.0 * owed
    assert math.isnan(VegaHedge(0, 1.0, (0.5, 0.6), Margin(1.0)).mean_beyond_usd(1.0))
