"""Hedgers of options: what they trade, where, when and tied to what, their limits, and the age of their hedges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments.validation._markets import Watched, asset, intents, pool, rollup, still
from market.config import AgentConfig, MarketConfig, OptionsConfig, OutsideConfig, PerpetualConfig, PriceConfig
from market.errors import InputError
from market.intents.rows import Status
from market.pricing.black import black
from market.settings import YEAR_S
from market.venues import Kind

PRICE, VOLATILITY, WEEK_S = 100.0, 0.8, 604_800.0


def scene(regime: str = "siloed", moving: float = 0.0, horizon_s: float = 12.0, **parameters: Any) -> MarketConfig:
    """Two rollups with a deep pool and a perpetual each, options on the first of them, a maker and a hedger."""
    chain = OptionsConfig(expiries_s=(WEEK_S,), strikes=2, step=0.1, fee_bp=0.0, share_margin=True)
    rollups = [
        rollup(
            name, pool((1e6, 1e8), ("ETH", "USD"), 1.0, PRICE), options=(chain,) if name == "one" else (),
            perpetuals=(PerpetualConfig(maker_usd=1e9),), block_time_s=1.0,
        )
        for name in ("one", "two")
    ]  # fmt: skip
    quotes = {"half_spread": 0.0, "size": 1e3, "move_bp": 0.0, "refresh_s": 1.0}
    agents = [
        AgentConfig(role="market_maker", strategy="fixed_spread", capital_usd=1e8, latency_s=0.001, parameters=quotes),
        AgentConfig(
            role="trader", strategy="option_hedger", capital_usd=1e7, latency_s=0.01,
            parameters={"every_s": 0.0} | parameters,
        ),
    ]  # fmt: skip
    return still(
        rollups, [asset("ETH", PRICE, moving)], agents, regime, horizon_s=horizon_s, outside_fee_bp=0.0,
        prices=PriceConfig(kind="gbm", step_s=0.25),
    )  # fmt: skip


def ran(config: MarketConfig) -> tuple[Watched, Any]:
    market = Watched(config, seed=3)
    market.run()
    return market, next(agent for agent in market.participants if agent.role == "trader")


def positions(market: Watched, agent: Any) -> np.ndarray:
    tables = market.world.tables
    at = int(tables.option_accounts["positions"][int(tables.option_markets["first_account"][0]) + agent.account])
    return tables.option_positions["quantity"][at : at + 4].copy()


def delta(market: Watched, agent: Any) -> float:
    """Delta of what the hedger holds of options."""
    tables, found = market.world.tables, 0.0
    for series, quantity in zip(tables.options, positions(market, agent), strict=True):
        years = (float(series["expires"]) - market.time) / YEAR_S
        price = float(tables.prices[1])
        worth = black(price, float(series["strike"]), years, VOLATILITY, 0.0, 0.0, series["call"] == 1.0)
        found += float(quantity) * worth.delta
    return found


def hedges(market: Watched, agent: Any, kind: int) -> np.ndarray:
    rows = market.rows
    return rows[(rows["sender"] == agent.account) & (rows["kind"] == int(kind))]


@pytest.mark.parametrize("quantity", [-2.0, 3.0])
@pytest.mark.parametrize("venue", ["outside", "pool", "perpetual"])
def test_options_and_their_hedge_have_no_delta(venue: str, quantity: float) -> None:
    market, agent = ran(scene(venue=venue, quantity=quantity, series=(0, 3)))
    assert positions(market, agent).tolist() == [quantity, 0.0, 0.0, quantity]
    tables = market.world.tables
    if venue == "perpetual":
        mine = (tables.contracts["owner"] == agent.account) & (tables.contracts["market"] == 0)
        stock = float(tables.contracts["quantity"][mine].sum())
    else:
        stock = float(tables.balance[agent.account, 0, 1]) - 1e7 / PRICE
    assert stock == pytest.approx(-delta(market, agent), abs=1e-3)
    assert market.tally.conservation_error < 1e-9


@pytest.mark.parametrize(("venue", "kind"), [("outside", Kind.OUTSIDE), ("pool", Kind.SWAP)])
def test_the_hedge_is_on_the_rollup_that_is_named(venue: str, kind: int) -> None:
    market, agent = ran(scene(venue=venue, rollup="two"))
    sent = hedges(market, agent, kind)
    assert sent.size
    assert set(sent["rollup"].tolist()) == {1}


@pytest.mark.parametrize(
    ("regime", "rollup_name", "first", "tied"),
    [
        ("siloed", None, "tied", True),
        ("siloed", "two", "tied", False),
        ("centralized_shared", "two", "tied", True),
        ("centralized_shared", "two", "behind", False),
        ("siloed", None, "together", False),
    ],
)
def test_the_first_hedge_is_tied_to_the_trade_where_that_is_possible(
    regime: str, rollup_name: str | None, first: str, tied: bool
) -> None:
    market, agent = ran(scene(regime, rollup=rollup_name, first=first))
    (trade,), hedge = hedges(market, agent, Kind.OPTION_TRADE), hedges(market, agent, Kind.OUTSIDE)[0]
    assert (trade["bundle"] >= 0) == tied
    assert hedge["bundle"] == (trade["bundle"] if tied else -1)
    assert (hedge["sent"] > trade["executed"]) == (first == "behind" or (first == "tied" and not tied))


@pytest.mark.parametrize(("first", "taken"), [("tied", False), ("behind", True), ("together", True)])
def test_what_is_tied_fails_together(first: str, taken: bool) -> None:
    """In every block somebody moves the pool away before the hedge, which does not put up with it."""
    market = Watched(scene(venue="pool", slippage_bp=1.0, first=first, every_s=100.0), seed=3)
    rows = intents(market, 12, "retail", kind=Kind.SWAP, rollup=0, venue=0, asset_in=0, asset_out=1, amount=1e5)
    rows["sent"] = rows["arrival"] = market.domains[0].phase + np.arange(12) - 0.099
    rows["expiry"] = np.inf
    market.mempool.submit(rows[rows["arrival"] > 0.0])
    market.run()
    agent: Any = next(agent for agent in market.participants if agent.role == "trader")
    sent = hedges(market, agent, Kind.SWAP)
    assert np.unique(sent["sent"]).size > 3  # what has failed is tried again at the next look
    assert not (sent["status"] == int(Status.FILLED)).any()
    assert (positions(market, agent)[0] != 0.0) == taken


def test_hedges_follow_the_price_and_are_as_old_as_their_distance() -> None:
    market, agent = ran(scene(moving=5.0, every_s=3.5, horizon_s=40.0))
    sent = hedges(market, agent, Kind.OUTSIDE)
    assert np.diff(np.unique(sent["sent"]))[1:] == pytest.approx(4.0)
    assert agent.hedge.mean_age_s((0, 1), market.time) == pytest.approx(2.0, abs=0.3)
    assert agent.hedge.age_s((0, 1), market.time) <= 4.2


def test_a_delay_of_ones_own_makes_hedges_older() -> None:
    prompt = ran(scene(moving=5.0, every_s=3.5, horizon_s=40.0))[1]
    late = ran(scene(moving=5.0, every_s=3.5, delay_s=1.0, horizon_s=40.0))[1]
    ages = [agent.hedge.mean_age_s((0, 1), 40.0) for agent in (prompt, late)]
    assert ages[1] - ages[0] == pytest.approx(1.0, abs=0.3)


def test_a_move_of_the_price_hastens_a_hedge() -> None:
    market, agent = ran(scene(moving=5.0, every_s=1e6, move_bp=5.0, horizon_s=30.0))
    assert hedges(market, agent, Kind.OUTSIDE).size > 3


def test_what_an_outage_holds_up_is_not_sent_twice() -> None:
    config = scene(moving=5.0, horizon_s=30.0)
    consensus = {"kind": "instant", "scheduled": ((12.0, 8.0),)}
    market, agent = ran(config.model_copy(update={"regime": config.regime.model_copy(update={"consensus": consensus})}))
    assert float(market.world.tables.balance[agent.account, 0, 1]) - 1e7 / PRICE == pytest.approx(
        -delta(market, agent), abs=2e-3
    )
    assert agent.hedge.mean_age_s((0, 1), market.time) > 1.0


def test_orders_apart_from_blocks_are_noted_too() -> None:
    config = scene(moving=5.0, horizon_s=20.0).model_copy(update={"outside": OutsideConfig(atomic=False, delay_s=0.2)})
    market, agent = ran(config)
    assert float(market.world.tables.balance[agent.account, 0, 1]) - 1e7 / PRICE == pytest.approx(
        -delta(market, agent), abs=5e-3
    )
    assert agent.hedge.mean_age_s((0, 1), market.time) < 2.0


@pytest.mark.parametrize("greek", ["gamma", "vega"])
def test_limits_leave_as_many_options_as_they_allow(greek: str) -> None:
    market, agent = ran(scene())
    series = market.world.tables.options[0]
    years = (float(series["expires"]) - market.time) / YEAR_S
    worth = black(PRICE, float(series["strike"]), years, VOLATILITY, 0.0, 0.0, True)
    one = worth.gamma * PRICE**2 / 100.0 if greek == "gamma" else worth.vega / 100.0
    most: dict[str, Any] = {f"most_{greek}_usd": 0.4 * one}
    limited, agent = ran(scene(**most))
    assert positions(limited, agent)[0] == pytest.approx(-0.4, abs=0.01)


def test_what_is_no_habit_is_refused() -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {"quantity": 0.0}, {"series": ()}, {"venue": "nowhere"}, {"rollup": "three"}, {"every_s": -1.0},
        {"first": "later"}, {"delay_s": -1.0}, {"move_bp": 0.0},
    )  # fmt: skip
    for parameters in wrong:
        with pytest.raises(InputError):
            ran(scene(**parameters))
