"""A small market in which nearly everything happens: what reads a run is compared with what the run reports."""

from __future__ import annotations

from typing import Any

from worlds import cast, lender, rollup, stressed

from market import regimes
from market.config import (
    AgentConfig,
    BorrowersConfig,
    GraphConfig,
    MarketConfig,
    PerpetualConfig,
    PerpetualTradersConfig,
    RegimeConfig,
)

DUTCH = {"kind": "dutch", "buf": 1.05, "step_s": 0.25, "tail_s": 20.0}
ENGLISH = {"kind": "english", "bid_s": 3.0, "most_s": 8.0}
LOANS = (
    (lender(rate=0.05), lender(collateral="USD", debt="ETH", rate=0.05)),
    (lender(rate=0.05, liquidation=DUTCH | {"penalty": 0.05}),),
    (lender(rate=0.05, liquidation=ENGLISH | {"penalty": 0.05}),),
)
FUTURES = ({"kind": "fixed_spread"}, DUTCH | {"penalty": 0.002}, ENGLISH | {"penalty": 0.002})


def _liquidator(strategy: str, count: int = 1, **parameters: Any) -> AgentConfig:
    return AgentConfig(role="liquidator", strategy=strategy, count=count, parameters=parameters)


def busy(regime: str | RegimeConfig, **changes: Any) -> MarketConfig:
    """Three rollups in a falling market: loans and perpetuals of each design, bridges, pauses, a base fee, expiries."""
    treatment = regimes.load(regime) if isinstance(regime, str) else regime
    breaker = {"kind": "liquidation_volume", "threshold_usd": 4e5, "window_s": 10.0, "pause_s": 3.0}
    treatment = treatment.model_copy(update={"breaker": breaker, "capacity": {"kind": "gas", "limit_per_s": 1e7}})
    places = tuple(
        rollup(
            name,
            lending=loans,
            borrowers=30,
            gas_usd=0.01,
            perpetuals=(
                PerpetualConfig(
                    traders=20, leverage_low=10.0, leverage_high=20.0, maintenance=0.03, margin_median_usd=2e3,
                    liquidation=design, fee_bp=4.0, spread_bp=5.0, depth_usd=1e7,
                ),
            ),
        )
        for name, loans, design in zip("abc", LOANS, FUTURES, strict=True)
    )  # fmt: skip
    agents = (
        *cast(),
        _liquidator("perpetual"),
        _liquidator("dutch_waiter", 2, sell="outside"),
        _liquidator("auction_bidder", 2, sell="outside"),
        AgentConfig(role="trader", strategy="inventory_arbitrageur", latency_s=0.1),
        AgentConfig(role="trader", strategy="cross_rollup", parameters={"per_second": 1.0}),
        AgentConfig(role="trader", strategy="express_bidder", latency_s=0.1),
        AgentConfig(role="trader", strategy="players:Courier"),
    )
    settings: dict[str, Any] = {
        "rollups": places,
        "agents": agents,
        "regime": treatment,
        "graph": GraphConfig(kind="complete", delay_s=2.0, fee_bp=10.0, capacity_usd=5e5),
        "borrowers": BorrowersConfig(collateral_median_usd=2e4, collateral_log_sd=1.0, ltv_low=0.6, ltv_high=0.74),
        "perpetual_traders": PerpetualTradersConfig(trades_per_hour=600.0),
    }
    base = stressed(treatment, **changes)
    # where slots are long it takes more of them until everything has happened
    settings["horizon_s"] = max(base.horizon_s, 8.0 * (treatment.block_time_s or 0.0))
    return base.model_copy(update=settings)
