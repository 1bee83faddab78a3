"""Options that are written at what they are worth and hedged in the market, and what is known of the error.

Assets whose prices are independent, on each a chain of one strike, on one rollup; a maker who buys at what Black's
formula says, and an `option_hedger` who writes one call on each asset at the money. Prices stand still until the slot
in which that happens, and from the slot on in which options expire; they are paid at what the oracle says later. The
error of a hedge is premium, payment and what was traded outside, at the price that the option is paid at.

An hour of the known answers is a second of the market, at a volatility 60 times as large: nothing depends on anything
but the variance that is left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from experiments.validation._markets import YEAR_S, Watched, asset, rollup, still
from market import regimes
from market.config import AgentConfig, EpisodeConfig, JumpConfig, MarketConfig, OptionsConfig, OracleConfig, PriceConfig
from market.intents.rows import Status
from market.latency import LatencyLaw
from market.streams import spawn
from market.venues import Kind

PRICE, HOUR_S = 100.0, 1.0
HOURS_A_YEAR = 365.0 * 24.0
HOURLY = 0.8 / float(np.sqrt(HOURS_A_YEAR))
"""Volatility of 80% a year [1/sqrt(h)]."""
SIGMA = HOURLY * float(np.sqrt(YEAR_S / HOUR_S))
"""The same where an hour lasts a second [1/sqrt(year of the market)]."""
WRITTEN_IN = 3
"""Slot in which options are written: margin is paid in, the maker's sheet is written, quotes are made."""
LOOK_S, FAST_S = 0.002, 0.0005
"""From the last look to the sealing of a block, and the latency of whoever is fast [s]."""


@dataclass(frozen=True)
class Scene:
    """One way to hedge.

    Attributes
    ----------
    block_s
        time between two slots [s]
    slots
        from writing to expiry [1]
    every
        slots between two hedges [1]
    latency_s
        of the hedger's messages, each of them as long, beyond what the maker's new quotes take [s]
    assets
        on each of which one call is written [1]
    sigma
        volatility of prices, of premiums and of deltas [1/sqrt(year of the market)]
    jumps
        of prices; None: there are none
    consensus
        parts of the regime's consensus: when there are blocks
    fee_bp
        of hedges, which are traded outside [bp]
    """

    block_s: float
    slots: int
    every: int = 1
    latency_s: float = 0.0
    assets: int = 50
    sigma: float = SIGMA
    jumps: JumpConfig | None = None
    consensus: dict[str, Any] = field(default_factory=lambda: {"kind": "instant"})
    fee_bp: float = 0.0


def hedged(scene: Scene, seed: int) -> tuple[np.ndarray, float] | None:
    """Run a market; returns the error of each asset's hedge [USD] and the mean age of hedges [s].

    That age is of the first half of the options' life: later some are so far from the strike that their hedge is right
    without any trade, and as young as the look that finds it so. Nothing is returned where the sequencer fails before
    options are written: they are written later then.
    """
    # domains tick from a moment of their own, which the stream of phases gives
    phase = float(np.random.default_rng(spawn(seed)["phases"]).random()) * scene.block_s
    last = phase + (WRITTEN_IN + scene.slots) * scene.block_s
    market = Watched(_config(scene, last), seed)
    half = last - 0.5 * scene.slots * scene.block_s
    market.run_until(half)
    outages = market.domains[0].regime.consensus.outages
    if outages and outages[0][0] <= phase + WRITTEN_IN * scene.block_s:
        return None
    agent: Any = next(agent for agent in market.participants if agent.role == "trader")
    ages = [agent.hedge.mean_age_s((0, 1 + at), half) for at in range(scene.assets)]
    market.run()
    return _errors(market, agent.account, scene.assets), float(np.mean(ages))


def _errors(market: Watched, account: int, assets: int) -> np.ndarray:
    """Change of what the hedger has by asset, at the price that its option is paid at: shape (assets,) [USD]."""
    tables, rows = market.world.tables, market.rows
    own = rows[(rows["sender"] == account) & (rows["status"] == int(Status.FILLED))]
    hedges, paid_in = own[own["kind"] == int(Kind.OUTSIDE)], own[own["kind"] == int(Kind.OPTION_DEPOSIT)]
    found = np.empty(assets)
    for at in range(assets):
        paid_at = float(tables.option_expiries["fixed"][at])
        bought, sold = hedges[hedges["asset_out"] == 1 + at], hedges[hedges["asset_in"] == 1 + at]
        units = float(bought["filled_out"].sum() - sold["filled_in"].sum())
        money = float(sold["filled_out"].sum() - bought["filled_in"].sum())
        options = int(tables.option_markets["first_account"][at]) + account
        deposit = float(paid_in["filled_in"][paid_in["venue"] == at].sum())
        found[at] = units * paid_at + money + float(tables.option_accounts["cash"][options]) - deposit
    return found


def _config(scene: Scene, expires_s: float) -> MarketConfig:
    names, window_s = [f"A{at}" for at in range(scene.assets)], 40.0 * max(1.0, scene.block_s)
    options = tuple(
        OptionsConfig(
            asset=name, expiries_s=(expires_s,), roll=False, strikes=1, volatility=scene.sigma, fee_bp=0.0,
            fund_usd=1e9, makers=1, window_s=window_s,
        )
        for name in names
    )  # fmt: skip
    oracle = OracleConfig(deviation_bp=0.0, delay_s=0.0)
    home = rollup("r", block_time_s=scene.block_s, options=options, oracle=oracle)
    starts, ends = WRITTEN_IN * scene.block_s, (WRITTEN_IN + scene.slots) * scene.block_s
    standing = [EpisodeConfig(start_s=at, end_s=to, volatility=0.0) for at, to in ((0.0, starts), (ends, 1e9))]
    prices = PriceConfig(
        kind="gbm" if scene.jumps is None else "merton", step_s=scene.block_s, correlation=0.0,
        episodes=tuple(standing), jumps=scene.jumps or JumpConfig(),
    )  # fmt: skip
    maker = {"volatility": scene.sigma, "half_spread": 0.0, "size": 1e3, "move_bp": 0.0, "refresh_s": scene.block_s}
    # half a slot less: what is due is done at the next look
    hedger = {"volatility": scene.sigma, "every_s": (scene.every - 0.5) * scene.block_s}
    agents = (
        _agent("market_maker", "fixed_spread", 0.1 * FAST_S, maker),
        _agent("trader", "option_hedger", FAST_S + scene.latency_s, hedger),
    )
    plain = still(
        [home], [asset(name, PRICE, scene.sigma) for name in names], agents, prices=prices,
        outside_fee_bp=scene.fee_bp, horizon_s=expires_s + window_s + 2.0 * scene.block_s, window_s=LOOK_S,
    )  # fmt: skip
    regime = regimes.load("siloed").model_copy(update={"consensus": scene.consensus})
    return plain.model_copy(update={"regime": regime})


def _agent(role: Any, strategy: str, latency_s: float, parameters: dict[str, Any]) -> AgentConfig:
    """One agent whose messages all take equally long."""
    return AgentConfig(
        role=role, strategy=strategy, capital_usd=1e9, latency_s=latency_s, latency_spread_s=0.0,
        latency=LatencyLaw(law="constant"), parameters=parameters,
    )  # fmt: skip


def sd_and_error(errors: np.ndarray) -> tuple[float, float]:
    """Standard deviation of independent errors about nothing that is known, and its standard error."""
    away = errors - errors.mean()
    variance, fourth = float(np.mean(away**2)), float(np.mean(away**4))
    sd = float(np.std(errors, ddof=1))
    return sd, float(np.sqrt((fourth - variance**2) / errors.size) / (2.0 * sd))
