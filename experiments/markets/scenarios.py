"""Reference scenarios, and where their numbers come from.

Pool depths, fees, volatility, retail flow and block times are those of the project's reference scenario; sources:

- block times 0.25 s (Arbitrum) and 2 s (OP Stack) from their documentation;
- retail sizes and fees from on-chain medians of late 2024 (a five-swap transaction cost USD 0.004 to 0.03);
- volatility 80% a year (ETH 2022); the stress episode 300% with downward jumps of 2.5% that add up to 15% in 24 minutes
  (ETH, 5 August 2024: 20% within the hour; 36 h around 12 March 2020: 580% a year);
- lending terms as in Aave v3 for ETH: threshold 82.5%, largest loan-to-value 80%, close factor 50%, bonus 5%.
"""

from __future__ import annotations

import math

from market.config import (
    AgentConfig,
    BorrowersConfig,
    EpisodeConfig,
    FlowConfig,
    LendingConfig,
    MarketConfig,
    OracleConfig,
    PoolConfig,
    PriceConfig,
    RegimeConfig,
    RollupConfig,
)

DEPTHS_USD = (50e6, 20e6, 10e6, 5e6, 2e6, 1e6)
FEES_BP = (5.0, 5.0, 5.0, 30.0, 30.0, 30.0)
BLOCK_TIMES_S = (0.25, 2.0, 2.0, 2.0, 2.0, 2.0)
BORROWERS = (3000, 2000, 1000, 500, 0, 0)
GAS_USD = (0.03, 0.015, 0.004, 0.004, 0.004, 0.004)


def reference(*, regime: RegimeConfig | None = None, quick: bool = False, stress: bool = True) -> MarketConfig:
    """Six rollups over two volatile hours (quick: five minutes).

    Parameters
    ----------
    regime
        the treatment; first come on separate rollups by default
    quick
        a short run with the same ingredients
    stress
        whether a stress episode fills the middle of the run
    """
    horizon = 300.0 if quick else 7200.0
    episode = crash(0.4 * horizon, 0.6 * horizon)
    rollups = tuple(
        RollupConfig(
            name=f"rollup{at}",
            block_time_s=BLOCK_TIMES_S[at],
            pools=(PoolConfig(assets=("ETH", "USD"), depth_usd=DEPTHS_USD[at], fee_bp=FEES_BP[at]),),
            lending=(LendingConfig(cash_usd=DEPTHS_USD[at]),) if BORROWERS[at] else (),
            oracle=OracleConfig(),
            gas_usd=GAS_USD[at],
            borrowers=BORROWERS[at],
        )
        for at in range(len(DEPTHS_USD))
    )
    return MarketConfig(
        horizon_s=horizon,
        prices=PriceConfig(kind="gbm", episodes=(episode,) if stress else ()),
        rollups=rollups,
        regime=regime or RegimeConfig(name="siloed"),
        flow=FlowConfig(),
        borrowers=BorrowersConfig(),
        agents=cast(),
    )


def crash(start_s: float, end_s: float) -> EpisodeConfig:
    """Six jumps in expectation that take a seventh off the price, on top of tripled volatility.

    The price law compensates jumps by drift; the drift here takes that back, so that the jumps are a fall.
    """
    jumps_per_day, mean, sd = 6.0 * 86400.0 / (end_s - start_s), -0.025, 0.015
    return EpisodeConfig(
        start_s=start_s,
        end_s=end_s,
        volatility=3.0,
        jumps_per_day=jumps_per_day,
        jump_mean=mean,
        jump_sd=sd,
        drift=365.0 * jumps_per_day * math.expm1(mean + 0.5 * sd * sd),
    )


def cast() -> tuple[AgentConfig, ...]:
    """Three of each role; liquidators learn by how much to let their limits slip."""
    return (
        AgentConfig(role="builder", strategy="adaptive", count=3),
        AgentConfig(role="market_maker", strategy="reallocator", count=3, capital_usd=1e6),
        AgentConfig(role="liquidator", strategy="greedy", count=2, parameters={"slack": None}),
        AgentConfig(role="liquidator", strategy="greedy", parameters={"sell": "outside", "slack": None}),
        AgentConfig(role="trader", strategy="express_bidder", count=2),
        AgentConfig(role="trader", strategy="arbitrageur", parameters={"outside": False}),
        AgentConfig(role="trader", strategy="searcher", count=3),
    )
