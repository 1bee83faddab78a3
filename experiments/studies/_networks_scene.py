"""The market of the study of competing networks: two rollups with options, two with loans, and who trades on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from market import regimes
from market.config import (
    AgentConfig,
    BorrowersConfig,
    EpisodeConfig,
    FlowConfig,
    LendingConfig,
    MarketConfig,
    OptionsConfig,
    PoolConfig,
    PriceConfig,
    RollupConfig,
)
from market.settings import DAY_S, YEAR_S

PERIOD_S, NOTICE_S = 30.0, 10.0
VOLATILITY = 2.0
"""Of the price, and at which everybody values options [1/sqrt(year)]."""
FALL_LOG = -0.08
"""Drift of the log price over the middle third of the run, which sets off liquidations [1]."""
HALF_SPREAD, SIZE, MOVE_BP, HEDGE_S = 0.02, 5.0, 2.0, 1.0
"""Of makers' quotes: half their spread [1/sqrt(year)], options that one is for [1], move of the price after which all
are made anew [bp]; and the time between two hedges [s]."""
TRADES_PER_H, TAKEN = 720.0, 2.0
"""Trades on the options of a rollup by whoever wants them [1/h], and how many options one is for, on average [1]."""


def market(demand: float, first: Sequence[int] | None, cost: float, horizon_s: float, seed: int) -> MarketConfig:
    """Two rollups of each kind.

    Parameters
    ----------
    demand
        how often users want to trade on two rollups at once [1/s]
    first
        network that each rollup stays in; None: rollups move, and where they begin goes round with the seed, so that
        no network is favoured
    cost
        of a move [USD]
    horizon_s
        length [s]
    seed
        of the run
    """
    roaming = regimes.load("roaming")
    networks = 1 + len(roaming.domains["networks"])
    domains: dict[str, Any] = {"period_s": PERIOD_S, "notice_s": NOTICE_S, "switching_usd": cost}
    domains["first"] = [(seed + at) % networks for at in range(4)] if first is None else list(first)
    domains["protocol"] = "experienced" if first is None else "loyal"
    base = MarketConfig(
        horizon_s=horizon_s,
        rollups=(*(_trading(f"trading{at}") for at in range(2)), *(_lending(f"lending{at}") for at in range(2))),
        regime=roaming.model_copy(update={"domains": roaming.domains | domains}),
        # retail users stay where they are and trade sizes without a heavy tail: what changes is then due to sequencing
        flow=FlowConfig(log_sd=1.0, choice_sensitivity=0.0),
        borrowers=BorrowersConfig(ltv_low=0.6, ltv_high=0.79),
        agents=(
            AgentConfig(role="trader", strategy="arbitrageur", count=2),
            AgentConfig(role="liquidator", strategy="greedy", parameters={"sell": "outside"}),
            AgentConfig(
                role="trader", strategy="cross_rollup", capital_usd=2e7, latency_s=0.2,
                parameters={"per_second": demand},
            ),
            *_on_options(),
        ),
    )  # fmt: skip
    start, end = horizon_s / 3.0, 2.0 * horizon_s / 3.0
    fall = EpisodeConfig(start_s=start, end_s=end, volatility=VOLATILITY, drift=FALL_LOG * YEAR_S / (end - start))
    assets = (base.assets[0].model_copy(update={"volatility": VOLATILITY}),)
    return base.model_copy(update={"assets": assets, "prices": PriceConfig(kind="gbm", episodes=(fall,))})


def _trading(name: str) -> RollupConfig:
    """A rollup with a tight pool, and a call and a put at the money, a day from expiry."""
    chain = OptionsConfig(expiries_s=(DAY_S,), strikes=1, volatility=VOLATILITY, makers=1, fund_usd=1e6)
    pools = (PoolConfig(depth_usd=5e6, fee_bp=5.0),)
    return RollupConfig(name=name, block_time_s=2.0, pools=pools, options=(chain,), borrowers=0, gas_usd=0.02)


def _lending(name: str) -> RollupConfig:
    """A rollup with a wider pool, and loans."""
    pools, loans = (PoolConfig(depth_usd=5e6, fee_bp=30.0),), (LendingConfig(cash_usd=5e6),)
    return RollupConfig(name=name, block_time_s=2.0, pools=pools, lending=loans, borrowers=300, gas_usd=0.02)


def _on_options() -> tuple[AgentConfig, ...]:
    """A maker who hedges on each rollup's pool, whoever wants options, and a sniper who is faster than the maker."""
    quotes = {
        "volatility": VOLATILITY, "half_spread": HALF_SPREAD, "size": SIZE, "move_bp": MOVE_BP, "hedge_s": HEDGE_S,
        "hedge_venue": "outside",
    }  # fmt: skip
    wants = {"per_hour": TRADES_PER_H, "mean_size": TAKEN, "sell_share": 0.5, "slippage_bp": 1000.0}
    return (
        AgentConfig(role="market_maker", strategy="fixed_spread", capital_usd=4e7, latency_s=0.02, parameters=quotes),
        AgentConfig(role="trader", strategy="option_buyer", capital_usd=1e7, parameters=wants),
        AgentConfig(role="trader", strategy="option_sniper", capital_usd=1e7, latency_s=0.005),
    )
