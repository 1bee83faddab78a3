"""An outside market apart from blocks: orders arrive later, meet the price then, and part from what they hedge."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import worlds
from players import Scripted, trader
from worlds import ETH, ETH_USD, USD, on_block

from market import regimes
from market.config import AgentConfig, OutsideConfig
from market.intents.rows import Reason, Status
from market.measures.recorder import Recorder
from market.measures.tape import Tape
from market.state.ledger import Why
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


def test_of_orders_only_what_hedges_left_is_sent_again_until_it_is_done() -> None:
    """A member of a bundle is a hedge whatever its sender calls it, and so is what is sent again of one."""
    agent = worlds.ran(worlds.config(agents=(AgentConfig(role="trader", strategy="arbitrageur"),), outside=APART))
    hedging = agent.participants[-1].hedging
    sent: list[float] = []
    desk = SimpleNamespace(outside=lambda rollup, given, wanted, amount, **_: sent.append(amount))
    seen = SimpleNamespace(funds=np.full((1, 2), 100.0))

    def receipt(amount: float, filled: float, bundle: int) -> np.ndarray:
        rows = worlds.intent(Kind.OUTSIDE, 0, amount=amount, filled_in=filled, asset_in=ETH, asset_out=USD)
        rows["status"], rows["bundle"] = int(Status.FILLED), bundle
        return rows

    hedging.learn(receipt(7.0, 2.0, -1))
    hedging.catch_up(seen, desk)
    assert not sent, "an order of its own was taken for a hedge"
    for bundle, asked, filled in ((3, 10.0, 6.0), (-1, 4.0, 1.0), (-1, 3.0, 3.0)):
        hedging.learn(receipt(asked, filled, bundle))
        hedging.catch_up(seen, desk)
    assert sent == [4.0, 3.0]


def test_totals_gains_and_tape_hold_orders_apart_from_blocks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """At prices that stand still what the trader gained, before gas, is its gain of trading; a tape has its orders."""

    def act(agent: Any, seen: Any, desk: Any) -> None:
        if seen.slot == 0 and seen.rollups[0] == 0:
            bundle = desk.bundle()
            desk.swap(0, USD, ETH, 5000.0, 0.0, bundle=bundle)
            desk.outside(0, ETH, USD, 1.5, bundle=bundle)
            desk.outside(0, USD, ETH, 1000.0)

    monkeypatch.setattr(Scripted, "script", act)
    still = ({"name": "ETH", "price_usd": ETH_USD, "volatility": 0.0},)
    setting = worlds.config(agents=(trader(),), assets=still, outside=APART, horizon_s=12.0)
    setting = setting.model_copy(update={"flow": setting.flow.model_copy(update={"per_second": 0.0})})
    market = worlds.opened(setting, recorders=[Tape(tmp_path / "tape.parquet")])
    tables = market.world.tables
    account = next(agent.account for agent in market.participants if isinstance(agent, Scripted))

    def worth() -> float:
        return float((tables.balance[account].sum(axis=0) * tables.prices).sum())

    before = worth()
    market.run()
    gas = float(tables.flows[account, :, Why.GAS, 0].sum())
    gained = worth() - before + gas
    assert gained < -1.0
    assert market.profits.by_trading()[account] == pytest.approx(gained, rel=1e-6)
    assert market.tally.gains[account].sum() == pytest.approx(gained - gas, rel=1e-6)
    tape = pq.read_table(tmp_path / "tape.parquet").to_pandas()
    orders = tape[(tape["kind"] == "outside") & (tape["account"] == account)]
    assert orders["status"].tolist() == ["filled"] * 2 and set(orders["slot"]) == {-1}
    assert orders["price_in_usd"].tolist() == pytest.approx([{USD: 1.0, ETH: ETH_USD}[a] for a in orders["asset_in"]])
    assert (orders["gas_usd"] == 0.0).all() and set(orders["author"]) == {""}
