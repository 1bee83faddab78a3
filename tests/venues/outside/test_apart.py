"""An outside market apart from blocks: orders arrive later, meet the price then, and part from what they hedge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import worlds
from players import Scripted, trader
from worlds import ETH, ETH_USD, USD, on_block

from market import regimes
from market.config import AgentConfig, OutsideConfig
from market.intents.rows import Reason, Status
from market.measures.recorder import Recorder
from market.venues import Kind

APART = OutsideConfig(atomic=False, delay_s=1.5)
PURE = ({"name": "ETH", "price_usd": ETH_USD, "volatility": 3.0},)


class Orders(Recorder):
    """Keeps the receipts of orders, and the reference price at which each was carried out."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self.prices: list[float] = []

    def on_start(self, market: Any) -> None:
        self._path = market.path

    def on_orders(self, rows: np.ndarray) -> None:
        self.rows.append(rows.copy())
        self.prices += [float(self._path.current[ETH])] * rows.size

    @property
    def all(self) -> np.ndarray:
        return np.concatenate(self.rows) if self.rows else np.zeros(0, self.rows)


def played(monkeypatch: pytest.MonkeyPatch, script: Any, **changes: Any) -> tuple[Any, Orders, np.ndarray]:
    """A market in which one trader does as the script says, its orders, and the rows of its blocks."""
    monkeypatch.setattr(Scripted, "script", script)
    settings: dict[str, Any] = {"agents": (trader(),), "assets": PURE, "outside": APART, "horizon_s": 12.0} | changes
    setting = worlds.config(**settings)
    orders, kept = Orders(), []
    market = worlds.opened(
        setting.model_copy(update={"flow": setting.flow.model_copy(update={"per_second": 0.0})}), recorders=[orders]
    )
    on_block(market, lambda slot: kept.append(slot.rows.copy()))
    market.run()
    worlds.check_ledger(market.world.tables, market.audit.opening)
    return market, orders, np.concatenate(kept)


def test_an_order_arrives_after_the_delay_and_trades_at_the_price_then(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[float, float]] = []

    def act(agent: Any, seen: Any, desk: Any) -> None:
        if len(sent) < 3:
            sent.append((seen.time, float(seen.prices[ETH])))
            desk.outside(0, ETH, USD, 2.0)

    _, orders, rows = played(monkeypatch, act)
    assert not (rows["kind"] == Kind.OUTSIDE).any(), "an order stood in a block"
    assert orders.all["executed"].tolist() == [time + 1.5 for time, _ in sent]
    assert orders.all["mid"].tolist() == [price for _, price in sent]
    expected = 2.0 * np.array(orders.prices) * (1.0 - 1e-4)
    np.testing.assert_allclose(orders.all["filled_out"], expected, rtol=1e-14)
    assert not np.allclose(orders.prices, orders.all["mid"], rtol=1e-6), "the price stood still"


def test_a_hedge_is_sent_once_its_trade_is_filled_and_never_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[float] = []

    def act(agent: Any, seen: Any, desk: Any) -> None:
        if seen.rollups[0] == 0 and len(sent) < 2:
            sent.append(seen.time)
            bundle = desk.bundle()
            desk.swap(0, USD, ETH, 5000.0, 0.0 if len(sent) == 1 else 1e9, bundle=bundle)
            desk.outside(0, ETH, USD, 1.5, 1e12, bundle=bundle)

    _, orders, rows = played(monkeypatch, act)
    swaps = rows[rows["kind"] == Kind.SWAP]
    assert worlds.fates(swaps) == ["FILLED", "LIMIT"]
    assert orders.all.size == 1 and orders.all["status"][0] == Status.FILLED, "a limit held a hedge up"
    assert orders.all["executed"][0] == swaps["executed"][0] + 1.5
    unsent = rows[rows["kind"] == Kind.OUTSIDE]
    assert unsent["reason"].tolist() == [int(Reason.BUNDLE)] and unsent["position"][0] == -1


def test_as_much_of_an_order_is_filled_as_its_sender_may_be_short(monkeypatch: pytest.MonkeyPatch) -> None:
    def act(agent: Any, seen: Any, desk: Any) -> None:
        if seen.slot == 0 and seen.rollups[0] == 0:
            for amount in (30.0, 30.0, 1.0):
                desk.outside(0, ETH, USD, amount)

    limits = OutsideConfig(atomic=False, inventory_usd=1e5)
    still = ({"name": "ETH", "price_usd": ETH_USD, "volatility": 0.0},)
    _, orders, _ = played(monkeypatch, act, outside=limits, assets=still)
    assert orders.all["filled_in"].tolist() == pytest.approx([30.0, 10.0, 0.0])
    assert worlds.fates(orders.all) == ["FILLED", "FILLED", "NOT_ALLOWED"]


@pytest.mark.parametrize("regime", ["siloed", "pbs", "siloed_extractive", "astria", "encrypted"])
def test_everybody_hedges_apart_from_blocks_and_nothing_is_lost(regime: str) -> None:
    """Arbitrageurs, liquidators and block authors trade, their orders are carried out, and accounts balance."""
    terms = OutsideConfig(atomic=False, delay_s=1.0, depth_usd=2e5, recovery_s=30.0, inventory_usd=5e5, delivery_s=20.0)
    cast = (*worlds.cast(), AgentConfig(role="liquidator", strategy="greedy", parameters={"sell": "outside"}))
    orders, kept = Orders(), []
    market = worlds.opened(worlds.stressed(regime, outside=terms, agents=cast), recorders=[orders])
    on_block(market, lambda slot: kept.append(slot.rows[slot.rows["kind"] == Kind.OUTSIDE].copy()))
    market.run()
    worlds.check_ledger(market.world.tables, market.audit.opening)
    assert (orders.all["status"] == Status.FILLED).any()
    assert (np.concatenate(kept)["status"] != Status.FILLED).all(), "a block exchanged with the outside"
    hedgers = [agent for agent in market.participants if agent.hedging.cost != 1e-4]
    assert hedgers, "nobody learned"
    if regime in ("pbs", "siloed_extractive", "astria"):
        assert any(agent.role in ("builder", "sequencer") for agent in hedgers)


def test_what_a_hedge_costs_is_learned_and_asked_for() -> None:
    """Of orders that always lose 1%, the mean tends to 1%, and a gap of less is left alone."""
    agent = worlds.ran(worlds.config(agents=(AgentConfig(role="trader", strategy="arbitrageur"),), outside=APART))
    hedging = agent.participants[-1].hedging if hasattr(agent.participants[-1], "hedging") else None
    assert hedging is not None and hedging.apart
    receipts = worlds.intent(Kind.OUTSIDE, 0, amount=10.0, filled_in=10.0, filled_out=24_750.0, mid=2500.0)
    receipts["status"] = int(Status.FILLED)
    hedging.cost = 0.0
    for number in range(1, 6):
        hedging.learn(receipts)
        assert hedging.cost == pytest.approx(0.01 * (1.0 - 0.95**number), rel=1e-12)


def test_a_larger_delay_makes_arbitrage_dearer() -> None:
    """With every order hedged later the mean cost learned grows, and what is done falls, at the same price path."""
    found = []
    for delay in (0.0, 4.0):
        agents = (AgentConfig(role="trader", strategy="arbitrageur", parameters={"cycles": False}),)
        terms = OutsideConfig(atomic=False, delay_s=delay)
        setting = worlds.config(
            agents=agents, outside=terms, assets=PURE, horizon_s=60.0, regime=regimes.load("siloed")
        )
        orders = Orders()
        market = worlds.opened(setting, recorders=[orders])
        market.run()
        rows = orders.all[orders.all["status"] == Status.FILLED]
        found.append(float(np.std(1.0 - rows["filled_out"] / (rows["filled_in"] * rows["mid"]))))
    assert found[0] < found[1]
