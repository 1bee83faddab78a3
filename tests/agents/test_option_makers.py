"""Makers of options: what they quote and when they do not, limits, hedges, and snipers who remember quotes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from agents.market_makers._quoting import Habits, HabitsOptions
from agents.market_makers.zero_profit import ZeroProfit
from agents.parameters import parameters
from agents.population import strategy_class
from experiments.validation._markets import Watched, asset, pool, rollup, still
from market.config import AgentConfig, MiningConfig, OptionsConfig, PerpetualConfig, PriceConfig
from market.errors import InputError
from market.intents.rows import Purpose, Status
from market.pricing.black import black
from market.settings import YEAR_S
from market.venues import Kind

PRICE, VOLATILITY, WEEK_S = 100.0, 0.8, 604_800.0
QUOTERS = {
    "fixed_spread", "zero_profit", "avellaneda_stoikov", "model_quoter", "flow_learner", "glosten_milgrom"
}  # fmt: skip


def ran(
    maker: str, horizon_s: float = 6.0, *others: AgentConfig, mining: tuple[MiningConfig, ...] = (), **parameters: Any
) -> Watched:
    """A still market of two strikes about the price, and what became of it."""
    chain = OptionsConfig(expiries_s=(WEEK_S,), strikes=2, step=0.1, fee_bp=0.0)
    home = rollup("one", pool((1e4, 1e6), ("ETH", "USD"), 30.0, PRICE), options=(chain,), block_time_s=1.0)
    maker_config = AgentConfig(role="market_maker", strategy=maker, capital_usd=1e7, parameters=parameters)
    scene = still([home], [asset("ETH", PRICE)], [maker_config, *others], horizon_s=horizon_s, outside_fee_bp=1.0)
    market = Watched(scene.model_copy(update={"mining": mining}), seed=1)
    market.run()
    return market


def buyer(**parameters: Any) -> AgentConfig:
    wild = {"per_hour": 7200.0, "mean_size": 1e3, "slippage_bp": 5000.0}
    return AgentConfig(
        role="trader", strategy="option_buyer", capital_usd=1e7, latency_s=0.05, parameters=wild | parameters
    )


def worth(market: Watched, at: int) -> float:
    series = market.world.tables.options[at]
    years = (float(series["expires"]) - market.time) / YEAR_S
    return black(PRICE, float(series["strike"]), years, VOLATILITY, 0.0, 0.0, series["call"] == 1.0).price


def test_half_a_spread_lies_on_either_side_of_what_a_series_is_worth() -> None:
    market = ran("zero_profit", first_bp=50.0)
    quotes = market.world.tables.option_quotes
    assert np.all(quotes["bid_size"] == 1.0)
    for at, quote in enumerate(quotes):
        assert quote["ask"] - quote["bid"] == pytest.approx(2.0 * 50e-4 * PRICE)
        assert 0.5 * (quote["ask"] + quote["bid"]) == pytest.approx(worth(market, at), rel=1e-4)


def test_only_the_series_named_are_quoted() -> None:
    market = ran("avellaneda_stoikov", series=(1, 2))
    assert (market.world.tables.option_quotes["ask_size"] > 0.0).tolist() == [False, True, True, False]


@pytest.mark.parametrize("limit", ["most_gamma_usd", "most_vega_usd"])
@pytest.mark.parametrize("maker", ["zero_profit", "fixed_spread"])
def test_a_side_that_would_lead_beyond_a_limit_is_not_quoted(maker: str, limit: str) -> None:
    assert not ran(maker, **{limit: 0.0}).world.tables.option_quotes["ask_size"].any()
    assert ran(maker, **{limit: 1e6}).world.tables.option_quotes["ask_size"].all()


def test_options_that_makers_take_alike_are_the_fields_of_their_record() -> None:
    record = [each.name for each in fields(Habits)]
    assert record == list(HabitsOptions.__annotations__)
    with pytest.raises(InputError, match="'hedge_at'"):
        ran("model_quoter", hedge_at=3.0)


@pytest.mark.parametrize("maker", sorted(QUOTERS))
def test_every_maker_of_options_has_limits_that_are_off_by_default(maker: str) -> None:
    taken = parameters(strategy_class("market_maker", maker))
    assert taken["most_gamma_usd"] is taken["most_vega_usd"] is None


def test_a_sheet_loses_a_side_at_its_limit_and_has_it_back_when_the_other_side_is_taken() -> None:
    """Buyers take asks until one more would lead beyond the vega allowed; then only bids stand."""
    vega = black(PRICE, PRICE * np.exp(-0.05), WEEK_S / YEAR_S, VOLATILITY, 0.0, 0.0, True).vega / 100.0
    limits = {"size": 1.0, "most_vega_usd": 2.5 * vega, "half_spread": 0.01}
    market = ran("fixed_spread", 30.0, buyer(), **limits)
    tables = market.world.tables
    quotes = tables.option_quotes
    # of four series that each may be sold, several are in one block
    assert 2.0 <= quotes["ask_traded"].sum() <= 5.0
    assert not quotes["ask_size"].any()
    assert quotes["bid_size"].all()
    both = ran("fixed_spread", 30.0, buyer(sell_share=0.5), **limits).world.tables.option_quotes
    assert both["ask_traded"].sum() > 5.0


def test_thin_flow_stops_quotes_and_says_why() -> None:
    market = ran("zero_profit", 12.0, fewest=5, window_s=6.0)
    maker: Any = market.participants[market.account("market_maker")]
    assert not market.world.tables.option_quotes["ask_size"].any()
    assert maker.stopped
    assert all(why.startswith("thin flow: 0 trades in 6 s, 5 needed") for why in maker.stopped.values())
    back = market.rows[market.rows["kind"] == Kind.OPTION_CANCEL]
    assert back.size
    assert (back["purpose"] == Purpose.THIN_FLOW).all()


def test_quotes_that_pay_at_no_spread_stop_and_the_tape_says_so() -> None:
    """Risk costs so much that no half spread up to the widest one pays."""
    market = ran("zero_profit", 30.0, buyer(sell_share=0.5), risk_aversion=1e3, first_bp=1.0, most_bp=1.0)
    back = market.rows[market.rows["kind"] == Kind.OPTION_CANCEL]
    assert back.size
    assert (back["purpose"] == Purpose.NO_SPREAD).all()


def test_a_maker_that_only_earns_asks_for_less_and_less() -> None:
    market = ran("zero_profit", 30.0, buyer(sell_share=0.5), first_bp=50.0)
    maker: Any = market.participants[market.account("market_maker")]
    assert (maker.halves[0] <= 50e-4).all()
    assert maker.halves[0].min() < 25e-4
    traded = market.world.tables.option_quotes[["bid_traded", "ask_traded"]]
    bought = market.rows[(market.rows["kind"] == Kind.OPTION_TRADE)]["filled_out"].sum()
    assert sum(float(traded[side].sum()) for side in traded.dtype.names or ()) == bought > 0.0


def test_what_is_held_and_stock_together_have_no_delta() -> None:
    market = ran("zero_profit", 20.0, buyer(), hedge_s=0.0)
    maker, tables = market.account("market_maker"), market.world.tables
    at = int(tables.option_accounts["positions"][int(tables.option_markets["first_account"][0]) + maker])
    positions = tables.option_positions["quantity"][at : at + 4]
    assert positions.min() < 0.0
    sent = market.rows[(market.rows["sender"] == maker) & (market.rows["kind"] == Kind.OUTSIDE)]
    assert sent.size
    # stock rises by the delta that is owed; what was traded in the last block is hedged in the next
    net = sum(float(row["filled_out"]) if row["asset_out"] == 1 else -float(row["filled_in"]) for row in sent)
    owed = -sum(float(positions[k]) * delta(market, k) for k in range(4))
    assert net == pytest.approx(owed, abs=1.5)


def other(name: str, **more: Any) -> Any:
    return rollup(
        name, pool((1e4, 1e6), ("ETH", "USD"), 30.0, PRICE), perpetuals=(PerpetualConfig(maker_usd=1e8),),
        block_time_s=1.0, **more,
    )  # fmt: skip


@pytest.mark.parametrize("maker", ["zero_profit", "model_quoter", "fixed_spread"])
@pytest.mark.parametrize(
    ("venue", "on", "kind"),
    [
        ("pool", None, Kind.SWAP),
        ("pool", "two", Kind.SWAP),
        ("perpetual", None, Kind.PERPETUAL_TRADE),
        ("perpetual", "two", Kind.PERPETUAL_TRADE),
        ("outside", "two", Kind.OUTSIDE),
    ],
)
def test_a_maker_hedges_where_it_is_told_to(maker: str, venue: str, on: str | None, kind: int) -> None:
    """On a pool or a perpetual, of the rollup of the options or another one, by intents like anybody's."""
    chain = OptionsConfig(expiries_s=(WEEK_S,), strikes=2, step=0.1, fee_bp=0.0, share_margin=True)
    homes = [other("one", options=(chain,)), other("two", options=(chain,))]
    parameters = {"hedge_s": 0.0, "hedge_venue": venue, "hedge_rollup": on}
    parameters |= {"size": 1.0} if maker == "fixed_spread" else {"series": (0, 2)}
    quoter = AgentConfig(role="market_maker", strategy=maker, capital_usd=1e7, parameters=parameters)
    scene = still(homes, [asset("ETH", PRICE)], [quoter, buyer()], horizon_s=20.0, outside_fee_bp=1.0)
    market = Watched(scene, seed=1)
    market.run()
    account = market.account("market_maker")
    sent = market.rows[(market.rows["sender"] == account) & (market.rows["kind"] == int(kind))]
    filled = sent[sent["status"] == int(Status.FILLED)]
    assert filled.size
    assert set(filled["rollup"].tolist()) == ({0, 1} if on is None else {1})
    agent: Any = market.participants[account]
    owed = -sum(options_delta(market, account, number) for number in range(2))
    assert abs(owed) > (0.1 if maker == "fixed_spread" else 5.0)  # which sells calls and puts
    assert sum(agent.hedge.bought.values()) == pytest.approx(owed, abs=3.0)  # the last block's trades are hedged next
    assert agent.hedge.cost() == pytest.approx(1e-4, rel=1e-3) if venue == "outside" else agent.hedge.cost() > 3e-4


def options_delta(market: Watched, account: int, number: int) -> float:
    """Delta of what an account holds of a market's options."""
    tables = market.world.tables
    terms = tables.option_markets[number]
    at = int(tables.option_accounts["positions"][int(terms["first_account"]) + account])
    first, count = int(terms["first_series"]), int(terms["series"])
    held = tables.option_positions["quantity"][at : at + count]
    return sum(float(held[k]) * delta(market, first + k) for k in range(count))


@pytest.mark.parametrize("venue", ["outside", "pool", "perpetual"])
def test_what_is_earned_and_what_is_lost_is_all_that_a_maker_has(monkeypatch: pytest.MonkeyPatch, venue: str) -> None:
    """What trades earn less what holding loses, as measured, is what it owns more, options at what they are worth."""
    found = {"earned": 0.0, "lost": 0.0}
    traded, lost = ZeroProfit.traded, ZeroProfit._lost

    def note(self: Any, seen: Any, market: int, chain: Any, positions: Any, since: Any) -> None:
        worth = chain.greeks["price"]
        found["earned"] += float((since.received - since.paid - (since.sold - since.bought) * worth).sum())
        traded(self, seen, market, chain, positions, since)

    def count(self: Any, *arguments: Any) -> Any:
        each = lost(self, *arguments)
        found["lost"] += float(each.sum())
        return each

    monkeypatch.setattr(ZeroProfit, "traded", note)
    monkeypatch.setattr(ZeroProfit, "_lost", count)
    chain = OptionsConfig(expiries_s=(WEEK_S,), strikes=2, step=0.1, fee_bp=0.0, share_margin=venue == "perpetual")
    home = other("one", options=(chain,))
    parameters = {"hedge_s": 3.0, "measured": True, "first_bp": 20.0, "hedge_venue": venue}
    maker = AgentConfig(role="market_maker", strategy="zero_profit", capital_usd=1e7, parameters=parameters)
    scene = still(
        [home], [asset("ETH", PRICE, 5.0)], [maker, buyer(sell_share=0.3)], horizon_s=40.0, outside_fee_bp=0.0,
        prices=PriceConfig(step_s=1.0),
    )  # fmt: skip
    market = Watched(scene, seed=4)
    market.run()
    agent: Any = market.participants[market.account("market_maker")]
    before, tables = agent._before[0], market.world.tables
    money = float(tables.balance[agent.account, 0, 0]) - 1e7
    money += float(tables.option_accounts["cash"][int(tables.option_markets["first_account"][0]) + agent.account])
    if venue == "perpetual":
        mine = tables.contracts[(tables.contracts["owner"] == agent.account) & (tables.contracts["market"] == 0)]
        money += float(mine["cash"].sum())
    owns = money + float(before.positions @ before.chain.greeks["price"]) + before.stock * before.chain.price
    assert abs(found["lost"]) > 0.01
    assert owns == pytest.approx(found["earned"] - found["lost"], abs=1e-5)


def delta(market: Watched, at: int) -> float:
    series = market.world.tables.options[at]
    years = (float(series["expires"]) - market.time) / YEAR_S
    return black(PRICE, float(series["strike"]), years, VOLATILITY, 0.0, 0.0, series["call"] == 1.0).delta


def test_inventory_shifts_quotes_of_whoever_leans_against_it() -> None:
    """A maker who has sold calls asks for more, and one that quotes symmetrically does not."""
    shifts = []
    for symmetric in (False, True):
        market = ran(
            "avellaneda_stoikov", 20.0, buyer(), series=(0,), risk_aversion=0.1, session_s=WEEK_S, symmetric=symmetric
        )  # fmt: skip
        quote = market.world.tables.option_quotes[0]
        shifts.append(0.5 * float(quote["bid"] + quote["ask"]) - worth(market, 0))
    assert shifts[0] > 1.0
    assert shifts[1] == pytest.approx(0.0, abs=1e-2)


def test_what_is_no_habit_is_refused() -> None:
    wrongs: list[dict[str, Any]] = [
        {"size": 0.0},
        {"edges": (0.1, 0.2)},
        {"rate": 0.0},
        {"hedge_s": -1.0},
        {"first_bp": 2e3},
    ]
    for wrong in wrongs:
        with pytest.raises(InputError):
            ran("zero_profit", **wrong)


@pytest.mark.parametrize(
    ("share", "within_bp", "paid"), [(1.0, 5000.0, True), (1.0, 0.001, False), (0.0, 5000.0, False)]
)
def test_a_maker_that_earns_nothing_counts_what_its_quotes_are_paid(share: float, within_bp: float, paid: bool) -> None:
    """With one buyer and the same trades half spreads are lower where programmes pay for quotes, and only there."""

    def half(mining: tuple[MiningConfig, ...]) -> float:
        market = ran("zero_profit", 60.0, buyer(), mining=mining, first_bp=100.0, edges=[0.0], rate=0.02)
        maker: Any = next(agent for agent in market.participants if agent.role == "market_maker")
        return float(maker.halves[0][0])

    programme = MiningConfig(usd_per_hour=360.0, period_s=10.0, quotes_share=share, within_bp=within_bp)
    assert 0.0 < half((programme,)) <= half(())
    assert (half((programme,)) < half(())) == paid
