"""A maker who passes on the vega of what it owes: how much, at which price, and what else it leaves alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from agents.market_makers.fixed_spread import FixedSpread
from agents.means.option_accounts import Margin
from agents.means.vega_hedge import NEAR, WAIT_S, WORSE, Open, VegaHedge
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


def market_of(
    second_half: float = 0.02, more: tuple[str, ...] = (), chains: int = 1, latency_s: float = 0.02,
    sell_share: float = 0.0, **parameters: Any,
) -> Watched:  # fmt: skip
    """A still market of options on two rollups, whose first maker is traded with and passes its vega on to the second.

    `chains`: how many there are on the second; `more`: further rollups, without options.
    """
    chain = OptionsConfig(expiries_s=(WEEK_S,), strikes=2, step=0.1, fee_bp=0.0, makers=2)
    pools = pool((1e4, 1e6), ("ETH", "USD"), 30.0, PRICE)
    listed = {"one": 1, "two": chains} | dict.fromkeys(more, 0)
    homes = [rollup(name, pools, options=(chain,) * count, block_time_s=1.0) for name, count in listed.items()]
    hedges = {"rollup": "one", "vega_rollup": "two", "vega_usd": LIMIT_USD, "half_spread": 0.02, "size": 30.0}
    trades = {
        "per_hour": 7200.0, "mean_size": 10.0, "slippage_bp": 5000.0, "rollups": ["one"], "sell_share": sell_share
    }  # fmt: skip
    agents = [
        AgentConfig(
            role="market_maker", strategy="fixed_spread", capital_usd=1e7, latency_s=latency_s,
            parameters=hedges | parameters,
        ),
        AgentConfig(
            role="market_maker", strategy="fixed_spread", capital_usd=1e7,
            parameters={"rollup": "two", "half_spread": second_half, "size": 400.0},
        ),
        AgentConfig(role="trader", strategy="option_buyer", capital_usd=1e7, latency_s=0.05, parameters=trades),
    ]  # fmt: skip
    market = Watched(still(homes, [asset("ETH", PRICE)], agents, horizon_s=40.0, outside_fee_bp=1.0), seed=1)
    market.run()
    return market


def hedges_of(market: Watched) -> np.ndarray:
    """The first maker's trades in options of others, as they were executed."""
    rows = np.concatenate(market.blocks)
    return rows[(rows["kind"] == int(Kind.OPTION_TRADE)) & (rows["sender"] == makers(market)[0].account)]


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


@pytest.mark.parametrize("sells", [False, True])
@pytest.mark.parametrize("chains", [1, 2])
def test_a_maker_keeps_no_more_vega_than_its_limit_and_the_other_has_the_rest(sells: bool, chains: int) -> None:
    market, sign = market_of(sell_share=float(sells), chains=chains), 1.0 if sells else -1.0
    vega = vega_usd(market)
    places = [FIRST, *(SECOND + at for at in range(chains))]
    owed, *passed_on = (sign * float(held(market, 0, on) @ vega) for on in places)
    assert owed > 4.0 * LIMIT_USD, "others have left it with more than it means to keep"
    # what was traded with others since its last look, two seconds at the most, is not passed on yet
    late = 2.0 * 2.0 * 10.0 * vega.max()
    assert (1.0 - NEAR) * LIMIT_USD - late < owed + sum(passed_on) <= (1.0 + NEAR) * LIMIT_USD + late
    assert sum(sign * float(held(market, 1, on) @ vega) for on in places) == pytest.approx(-sum(passed_on))
    assert not held(market, 1, FIRST).any(), "the second maker quotes on its own rollup alone"


def test_it_takes_the_series_with_the_most_vega() -> None:
    market = market_of()
    vega = vega_usd(market)
    series = hedges_of(market)["target"] - int(market.world.tables.option_markets["first_series"][SECOND])
    assert vega.max() > 1.04 * vega.min()
    assert vega[series] == pytest.approx(vega.max())


@pytest.mark.parametrize("sell_share", [0.0, 1.0])
def test_it_trades_at_no_worse_a_price_than_its_own(sell_share: float) -> None:
    assert not held(market_of(second_half=0.05, sell_share=sell_share), 0, SECOND).any()
    better = market_of(second_half=0.01, sell_share=sell_share)
    own = hedges_of(better)
    own = own[own["status"] == Status.FILLED]
    assert len(own)
    assert set(own["rollup"]) == {SECOND}
    for row in own:
        series = better.world.tables.options[int(row["target"])]
        volatility = 0.8 + (-0.02 if sell_share else 0.02)
        years = (float(series["expires"]) - float(row["executed"])) / YEAR_S
        worth = black(PRICE, float(series["strike"]), years, volatility, 0.0, 0.0, series["call"] == 1.0).price
        price = float(row["filled_in"] / row["filled_out"])  # premium and options, whichever way
        assert price >= (1.0 - WORSE) * worth if sell_share else price <= (1.0 + WORSE) * worth
        assert float(row["limit"]) == pytest.approx(worth, rel=2.0 * WORSE)
    assert np.all(own["arrival"] + WAIT_S >= own["executed"])


def test_it_waits_for_the_receipt_of_one_trade_before_the_next() -> None:
    """Its messages take longer than two blocks, so that it looks again and again while one is on its way."""
    own = hedges_of(market_of(latency_s=2.5))
    assert len(own) > 3
    assert np.all(own["sent"][1:] >= own["executed"][:-1])


def test_what_is_beyond_the_limit_is_averaged_over_time(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[tuple[float, float]] = []
    found = VegaHedge._beyond

    def noted(hedge: VegaHedge, seen: Any, asset: int) -> float:
        beyond = found(hedge, seen, asset)
        looks.append((seen.time, abs(beyond)))
        return beyond

    monkeypatch.setattr(VegaHedge, "_beyond", noted)
    market = market_of()
    hedge = makers(market)[0].vega
    assert hedge is not None
    times = np.array([*(time for time, _ in looks), market.time])
    values = np.array([beyond for _, beyond in looks])
    assert values.max() > LIMIT_USD
    mean = float(values @ np.diff(times)) / (times[-1] - times[0])
    assert hedge.mean_beyond_usd(market.time) == pytest.approx(mean, rel=1e-12)
    by_hand = Open(10.0, 10.0)
    for now, beyond in ((10.0, 4.0), (12.0, 1.0)):
        by_hand.note(now, beyond)
    assert by_hand.mean(20.0) == pytest.approx((2.0 * 4.0 + 8.0 * 1.0) / 10.0)


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
    with pytest.raises(StrategyError, match="there are no options on the rollup of row 2 to trade vega with"):
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
