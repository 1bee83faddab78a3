"""Small markets of options for known answers: one rollup, oracles that post at every look, and who trades."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from experiments.validation._markets import Watched, asset, rollup, still
from market import regimes
from market.config import AgentConfig, MarketConfig, OptionsConfig, OracleConfig, PriceConfig

PRICE, SIGMA = 2500.0, 0.8
MAKER, BUYER = "market_maker", "trader"
PLAIN: dict[str, Any] = {"strikes": 1, "volatility": SIGMA, "fee_bp": 0.0, "fund_usd": 1e9}


def listed(assets: int, rollup_terms: Sequence[dict[str, Any]], block_s: float) -> tuple[Any, list[Any]]:
    """Return a rollup with options of each of these terms on each of so many assets, and the assets."""
    names = [f"A{at}" for at in range(assets)]
    options = tuple(OptionsConfig(asset=name, **PLAIN | terms) for name in names for terms in rollup_terms)
    oracle = OracleConfig(deviation_bp=0.0, delay_s=0.0)
    home = rollup("r", block_time_s=block_s, options=options, oracle=oracle)
    return home, [asset(name, PRICE, SIGMA) for name in names]


def configured(
    assets: int, terms: Sequence[dict[str, Any]], agents: Sequence[AgentConfig], block_s: float, horizon_s: float,
    regime: dict[str, Any] | None = None,
) -> MarketConfig:  # fmt: skip
    """Return the configuration of a market of options; `regime` changes parts of separate honest sequencers."""
    home, priced = listed(assets, terms, block_s)
    prices = PriceConfig(kind="gbm", step_s=min(block_s, 1.0), correlation=0.0)
    plain = still([home], priced, agents, horizon_s=horizon_s, prices=prices)
    return plain.model_copy(update={"regime": regimes.load("siloed").model_copy(update=regime or {})})


def agent(role: Any, strategy: str, **parameters: Any) -> AgentConfig:
    """One agent with next to no latency and all the money it needs."""
    return AgentConfig(
        role=role, strategy=strategy, capital_usd=1e9, latency_s=0.01, latency_spread_s=0.0, parameters=parameters
    )


def ran(config: MarketConfig, seed: int, measure: Callable[[Any], Any] | None = None) -> Watched:
    """Return a market that ran to its horizon, with what was measured after each block."""
    market = Watched(config, seed, measure)
    market.run()
    return market


class Fixed:
    """Notes at which price each expiry was paid, with the strike that it was listed at.

    Attributes
    ----------
    found : dict
        by expiry and its time: (price, strike)
    """

    def __init__(self) -> None:
        self.found: dict[tuple[int, float], tuple[float, float]] = {}

    def __call__(self, market: Any) -> None:
        """Look at a market after a block."""
        tables = market.world.tables
        for at, row in enumerate(tables.option_expiries):
            if row["fixed"] > 0.0:
                strike = float(tables.options["strike"][int(row["first_series"])])
                self.found.setdefault((at, float(row["expires"])), (float(row["fixed"]), strike))
