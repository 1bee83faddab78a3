"""Options on two rollups of a crash: makers who hedge on pools and with each other, buyers, writers, and takers."""

from __future__ import annotations

from typing import Any

from market.config import AgentConfig, MarketConfig, OptionsConfig, RollupConfig
from market.settings import DAY_S, YEAR_S

OPTIONS_PSI = 0.4
"""Fall of the log price of a rollup's pool that its maker's hedges cause per unit of log price, at the most [1]."""
VOLATILITY, HEDGE_S, SIZE, TAKEN = 1.5, 10.0, 20.0, 5.0
"""At which everybody values options [1/sqrt(year)], time between two hedges [s], options of a quote, and mean of what a
buyer takes [1]."""
VEGA_KEPT = 0.25
"""Part of the vega of what the first maker may owe that it keeps; the rest it buys from the second [1]."""
BUYERS_PER_H, WRITERS_PER_H = 720.0, 1800.0
WRITERS, WRITER_USD = 10, 4e3
"""How many there are, and money of each on a rollup, of which nine tenths are margin [1, USD]."""


def with_options(config: MarketConfig) -> MarketConfig:
    """List a call and a put at the money, a day from expiry, on the two most indebted rollups, and add who trades them.

    Buyers leave the maker of the first rollup short of gamma up to a limit, so that its hedges sell as the price falls;
    writers owe puts for which their margin is just enough. Most of its vega that maker buys back from the one of the
    second rollup, and the gamma comes with it: then it is that one's hedges that sell, on the second rollup's pool.
    """
    # who may quote is counted from the first of all makers
    makers = 2 + sum(group.count for group in config.agents if group.role == "market_maker")
    chain = OptionsConfig(expiries_s=(DAY_S,), strikes=1, volatility=VOLATILITY, makers=makers, fund_usd=1e6)
    first, second, *others = config.rollups
    buys = {"per_hour": BUYERS_PER_H, "mean_size": TAKEN, "slippage_bp": 2000.0, "rollups": (first.name,)}
    writes = buys | {
        "per_hour": WRITERS_PER_H,
        "mean_size": 0.5,
        "sell_share": 1.0,
        "margin_share": 0.9,
        "series": (1,),
    }
    passed_on = {"vega_rollup": second.name, "vega_usd": VEGA_KEPT * _vega_usd(_gamma_usd(first))}
    added = (
        _maker(first, **passed_on),
        _maker(second),
        AgentConfig(role="trader", strategy="option_buyer", capital_usd=1e7, parameters=buys),
        AgentConfig(role="trader", strategy="option_buyer", count=WRITERS, capital_usd=WRITER_USD, parameters=writes),
        AgentConfig(role="liquidator", strategy="account_taker", capital_usd=1e7),
    )
    listed = (rollup.model_copy(update={"options": (chain,)}) for rollup in (first, second))
    return config.model_copy(update={"rollups": (*listed, *others), "agents": (*config.agents, *added)})


def _maker(rollup: RollupConfig, **more: Any) -> AgentConfig:
    """A maker of a rollup's options, who keeps all that it holds without delta on the rollup's pool."""
    quotes = {
        "volatility": VOLATILITY, "half_spread": 0.1, "size": SIZE, "move_bp": 10.0, "rollup": rollup.name,
        "most_gamma_usd": _gamma_usd(rollup), "hedge_s": HEDGE_S, "hedge_venue": "pool", "hedge_rollup": rollup.name,
    }  # fmt: skip
    return AgentConfig(role="market_maker", strategy="fixed_spread", capital_usd=4e7, parameters=quotes | more)


def _gamma_usd(rollup: RollupConfig) -> float:
    """Change of the value of a maker's delta by a move of 1% at which its hedges move the pool by OPTIONS_PSI [USD]."""
    return 0.005 * OPTIONS_PSI * rollup.pools[0].depth_usd


def _vega_usd(gamma_usd: float) -> float:
    """Vega of options a day from expiry, by 0.01 of volatility, from their gamma by a move of 1% [USD]."""
    return gamma_usd * VOLATILITY * DAY_S / YEAR_S
