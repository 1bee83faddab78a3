"""What cascades of liquidations need: a pool, an oracle that reads it, and borrowers of one density below its price."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from experiments.validation._markets import Watched, intents, pool, rollup
from market.config import AgentConfig, BorrowersConfig, LendingConfig, OracleConfig, RollupConfig
from market.venues import Kind
from market.venues.oracles.rules import pool_price

PRICE_USD = 1000.0
BONUS = 0.05
THRESHOLD = 1.0 / (1.0 + BONUS)  # at which debt and bonus take all of the collateral
BLOCK_S = 1.0
RICH_USD = 1e9
LATENCY_S = 0.01
USD, ETH = 0, 1


class Crowd(NamedTuple):
    """Borrowers whose liquidation prices are spread evenly in log price below the pool's price before a shock."""

    reserve: float  # asset reserve of the pool after the shock [units]
    psi: float  # fall of the log price that the liquidations of a unit of log price cause, to first order [1]
    spread: float  # range of log price that holds the borrowers
    borrowers: int

    @property
    def density(self) -> float:
        """Collateral per unit of log price [units of the asset]."""
        return 0.5 * self.psi * self.reserve

    @property
    def each(self) -> float:
        """Collateral of one borrower [units of the asset]."""
        return self.density * self.spread / self.borrowers


def leverage(crowd: Crowd, threshold: float = THRESHOLD) -> BorrowersConfig:
    """Return the borrowers' law: equal collateral, loan-to-value up to the threshold, nobody defends herself."""
    return BorrowersConfig(
        collateral_median_usd=crowd.each * PRICE_USD, collateral_log_sd=0.0, ltv_law="log_uniform",
        ltv_low=threshold * float(np.exp(-crowd.spread)), ltv_high=threshold,
        top_up_share=0.0, deleverage_share=0.0, reserve_share=0.0,
    )  # fmt: skip


def place(
    name: str, crowd: Crowd, shock: float, threshold: float = THRESHOLD, **changes: Any
) -> tuple[RollupConfig, tuple[AgentConfig, ...]]:
    """Return a rollup with a pool without fee, that pool's oracle, the borrowers, and a liquidator who sells there."""
    before = crowd.reserve * float(np.exp(-0.5 * shock))
    settings: dict[str, Any] = {
        "oracle": OracleConfig(source="pool", deviation_bp=0.0, heartbeat_s=1e6, delay_s=0.0),
        "lending": (
            LendingConfig(
                liquidation_threshold=threshold,
                max_ltv=threshold,
                bonus=BONUS,
                close_factor=1.0,
                rate=0.0,
                cash_usd=0.0,
            ),
        ),
        "borrowers": crowd.borrowers,
        "leverage": leverage(crowd, threshold),
        "block_time_s": BLOCK_S,
    }
    deep = pool((before, before * PRICE_USD), ("ETH", "USD"), 0.0, PRICE_USD)
    return rollup(name, deep, **settings | changes), (liquidator(),)


def liquidator(**parameters: Any) -> AgentConfig:
    """Return a liquidator who sells on the pool, tips nothing and is as rich as it needs to be."""
    return AgentConfig(
        role="liquidator", strategy="greedy", capital_usd=RICH_USD, latency_s=LATENCY_S, latency_spread_s=0.0,
        parameters={"sell": "pool", "tip_share": 0.0, "most_per_slot": 4096} | parameters,
    )  # fmt: skip


def pools_fall(market: Watched, crowds: list[Crowd], shock: float) -> None:
    """Let somebody from outside sell on every pool what takes its log price down by `shock`."""
    rows = intents(market, len(crowds), "retail", kind=Kind.SWAP, asset_in=ETH, asset_out=USD)
    rows["venue"] = rows["rollup"] = range(len(crowds))
    rows["amount"] = [crowd.reserve * -np.expm1(-0.5 * shock) for crowd in crowds]
    market.mempool.submit(rows)


def log_drop(market: Watched, at: int) -> float:
    """How far a pool's log price lies below where it was at the start."""
    return float(np.log(PRICE_USD / pool_price(market.world.state, at)))


def liquidated(market: Watched, rollup: int) -> float:
    """Collateral that liquidators took on a rollup [units of the asset]."""
    tables = market.world.tables
    on = tables.lending["rollup"][tables.loans["market"].astype(np.int64)] == rollup
    law = market.config.rollups[rollup].leverage or market.config.borrowers
    pledged = law.collateral_median_usd / PRICE_USD * on.sum()
    return float(pledged - tables.loans["collateral"][on].sum())
