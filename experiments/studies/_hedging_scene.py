"""Markets in which options are written and hedged, and what became of each hedge."""

from __future__ import annotations

from typing import Any

import numpy as np

from market.config import (
    AgentConfig,
    AssetConfig,
    EpisodeConfig,
    FlowConfig,
    GraphConfig,
    MarketConfig,
    OptionsConfig,
    OracleConfig,
    OutsideConfig,
    PoolConfig,
    PriceConfig,
    RegimeConfig,
    RollupConfig,
)
from market.intents.rows import Status
from market.latency import LatencyLaw
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.pricing.black import black
from market.settings import YEAR_S
from market.venues import Kind

PRICE, VOLATILITY, ASSETS = 100.0, 0.8, 12
START_S, TENOR_S = 240.0, 3600.0
"""Until then prices stand still, and options are written; they live so long from then on [s]."""
AFTER_S = 1600.0
"""After the expiry prices stand still again; the oracle says what options are paid at within three quarters of that.

No outage that lasts 120 s in the mean lasts so long: else options were paid at a price of before it [s].
"""
LEG_S = 300.0
"""How long hedges are followed where it is the first hedge that counts [s]."""
BLOCK_S = 15.0
MISS = 0.2
"""Chance that a slot is missed where it is the first hedge that counts [1]."""
PER_HOUR = 6.0
PREMIUM = black(PRICE, PRICE, TENOR_S / YEAR_S, VOLATILITY, 0.0, 0.0, True).price
PER_S = VOLATILITY / np.sqrt(YEAR_S)
"""Volatility [1/sqrt(s)]."""


def replicated(block_s: float = BLOCK_S, latency_s: float = 0.0, outage_s: float = 0.0) -> MarketConfig:
    """Options that are written, hedged in every block, and paid."""
    consensus: dict[str, Any] = {"kind": "instant"}
    if outage_s > 0.0:
        consensus |= {"outages_per_day": 24.0 * PER_HOUR, "outage_mean_s": outage_s}
    ends = START_S + TENOR_S
    standing = tuple(
        EpisodeConfig(start_s=start, end_s=end, volatility=0.0) for start, end in ((0.0, START_S), (ends, 1e9))
    )
    return _market(
        {"consensus": consensus}, block_s, {}, latency_s, horizon_s=ends + AFTER_S, standing=standing, expires_s=ends
    )  # fmt: skip


def legged(
    rollup: str | None = None, first: str = "tied", shared: str | None = None, apart: bool = False
) -> MarketConfig:
    """Options that are written while prices move and slots are missed, and followed for a while."""
    parts: dict[str, Any] = {"consensus": {"kind": "proposer", "miss": MISS}}
    if shared is not None:
        parts |= {"domains": {"kind": "shared"}, "guarantees": {"kind": shared}, "block_time_s": BLOCK_S}
    config = _market(parts, BLOCK_S, {"rollup": rollup, "first": first}, 0.0, horizon_s=START_S + LEG_S)
    return config.model_copy(update={"outside": OutsideConfig(atomic=False)}) if apart else config


def _market(
    parts: dict[str, Any], block_s: float, hedge: dict[str, Any], latency_s: float, *, horizon_s: float,
    standing: tuple[EpisodeConfig, ...] = (), expires_s: float = TENOR_S,
) -> MarketConfig:  # fmt: skip
    """Options on a dozen assets, a maker who buys at what they are worth, and the hedger who writes one of each."""
    names = [f"A{at}" for at in range(ASSETS)]
    chains = tuple(
        OptionsConfig(
            asset=name, expiries_s=(expires_s,), roll=False, strikes=1, volatility=VOLATILITY, fee_bp=0.0,
            fund_usd=1e9, makers=1, window_s=0.75 * AFTER_S,
        )
        for name in names
    )  # fmt: skip
    oracle = OracleConfig(deviation_bp=0.0, delay_s=0.0)
    pool = PoolConfig(assets=(names[0], "USD"), depth_usd=1e7, fee_bp=5.0, price_usd=PRICE)
    rollups = tuple(
        RollupConfig(
            name=name, pools=(pool,), gas_usd=0.0, block_time_s=block_s, oracle=oracle,
            options=chains if name == "one" else (),
        )
        for name in ("one", "two")
    )  # fmt: skip
    maker = {"volatility": VOLATILITY, "half_spread": 0.0, "size": 1e3, "move_bp": 0.0, "refresh_s": block_s}
    hedger = {"volatility": VOLATILITY, "every_s": 0.0} | hedge
    parts_played: tuple[tuple[Any, str, float, dict[str, Any]], ...] = (
        ("market_maker", "fixed_spread", 0.001, maker), ("trader", "option_hedger", latency_s + 0.01, hedger),
    )  # fmt: skip
    agents = tuple(
        AgentConfig(
            role=role, strategy=strategy, capital_usd=1e9, latency_s=latency, latency_spread_s=0.0,
            latency=LatencyLaw(law="constant"), parameters=parameters,
        )
        for role, strategy, latency, parameters in parts_played
    )  # fmt: skip
    return MarketConfig(
        horizon_s=horizon_s,
        assets=tuple(AssetConfig(name=name, price_usd=PRICE, volatility=VOLATILITY) for name in names),
        prices=PriceConfig(kind="gbm", step_s=1.0, correlation=0.0, episodes=standing),
        rollups=rollups,
        graph=GraphConfig(kind="list"),
        regime=RegimeConfig(name="first_come", **parts),
        flow=FlowConfig(per_second=0.0),
        agents=agents,
        outside_fee_bp=0.0,
    )


class Rows(Recorder):
    """Keeps what an account had executed, in blocks and apart from them."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []

    def on_block(self, slot: Any) -> None:
        """Keep a block's."""
        self.on_orders(slot.rows)

    def on_orders(self, rows: np.ndarray) -> None:
        """Keep orders'."""
        kinds = (Kind.OUTSIDE, Kind.OPTION_TRADE, Kind.OPTION_DEPOSIT)
        done = np.isin(rows["kind"], kinds) & (rows["status"] == int(Status.FILLED))
        self.rows.append(rows[done].copy())


def mean_age(agent: Any, now: float) -> float:
    """Mean age of hedges so far [s]."""
    return float(np.mean([agent.hedge.mean_age_s((0, 1 + at), now) for at in range(ASSETS)]))


def outcome(market: SequencerMarket, own: np.ndarray, account: int, at: int) -> tuple[float, float] | None:
    """What writing and hedging one option has brought [USD], and between the trade and the first hedge [s].

    What is still owed counts at what it is worth; nothing where the option was not written in time.
    """
    tables = market.world.tables
    hedges, asset = own[own["kind"] == int(Kind.OUTSIDE)], 1 + at
    hedges = hedges[(hedges["asset_in"] == asset) | (hedges["asset_out"] == asset)]
    trades = own[(own["kind"] == int(Kind.OPTION_TRADE)) & (own["venue"] == at)]
    over = tables.option_expiries["over"][at] == 1.0
    if not trades.size or not hedges.size or (over and trades["executed"][0] > START_S):
        return None
    buys = hedges["asset_out"] == asset
    units = np.where(buys, hedges["filled_out"], -hedges["filled_in"]).sum()
    money = np.where(buys, -hedges["filled_in"], hedges["filled_out"]).sum()
    options = int(tables.option_markets["first_account"][at]) + account
    paid_in = own["filled_in"][(own["kind"] == int(Kind.OPTION_DEPOSIT)) & (own["venue"] == at)].sum()
    gained = float(tables.option_accounts["cash"][options] - paid_in)
    price, owed = float(tables.prices[asset]), 0.0
    if over:
        price = float(tables.option_expiries["fixed"][at])
        gained += PREMIUM - float(trades["filled_in"].sum())  # it began to count when prices began to move
    else:
        position = int(tables.option_accounts["positions"][options])
        left = (float(tables.options["expires"][2 * at]) - market.time) / YEAR_S
        worth = black(price, float(tables.options["strike"][2 * at]), left, VOLATILITY, 0.0, 0.0, True).price
        owed = worth * float(tables.option_positions["quantity"][position])
    return gained + owed + float(units) * price + float(money), abs(
        float(hedges["executed"][0] - trades["executed"][0])
    )
