"""A small market for questions that take many runs of it: three rollups sequenced together, no lending.

Depths, fees, flow and volatility are those of the reference scenario's three middle rollups; who is there besides the
agents in question: searchers and arbitrageurs.
"""

from __future__ import annotations

from experiments.markets.scenarios import BLOCK_TIMES_S, DEPTHS_USD, FEES_BP, GAS_USD
from market.config import AgentConfig, FlowConfig, MarketConfig, PoolConfig, PriceConfig, RegimeConfig, RollupConfig

ROLLUPS = (1, 2, 3)
"""Which rollups of the reference scenario."""


def small(regime: RegimeConfig, blocks: int, *, block_time_s: float = 2.0) -> MarketConfig:
    """Return a market that runs for about `blocks` blocks under a regime.

    Its flow is the reference scenario's on half of the rollups; its agents are two searchers and two arbitrageurs.
    """
    return MarketConfig(
        horizon_s=blocks * block_time_s,
        prices=PriceConfig(kind="gbm"),
        rollups=tuple(
            RollupConfig(
                name=f"rollup{at}",
                block_time_s=BLOCK_TIMES_S[at],
                pools=(PoolConfig(assets=("ETH", "USD"), depth_usd=DEPTHS_USD[at], fee_bp=FEES_BP[at]),),
                gas_usd=GAS_USD[at],
            )
            for at in ROLLUPS
        ),
        regime=regime,
        flow=FlowConfig(per_second=1.5),
        agents=(
            AgentConfig(role="trader", strategy="searcher", count=2),
            AgentConfig(role="trader", strategy="arbitrageur", count=2),
        ),
    )
