"""Options on a rollup of a crash: a maker who hedges on its pool, writers with thin margin, and who takes them over."""

from __future__ import annotations

from market.config import AgentConfig, MarketConfig, OptionsConfig
from market.settings import DAY_S

OPTIONS_PSI = 0.4
"""Fall of the log price of a rollup's pool that its maker's hedges cause per unit of log price, at the most [1]."""
VOLATILITY, HEDGE_S, SIZE, TAKEN = 1.5, 10.0, 20.0, 5.0
"""At which everybody values options [1/sqrt(year)], time between two hedges [s], options of a quote, and mean of what a
buyer takes [1]."""
BUYERS_PER_H, WRITERS_PER_H = 720.0, 1800.0
WRITERS, WRITER_USD = 10, 4e3
"""How many there are, and money of each on a rollup, of which nine tenths are margin [1, USD]."""


def with_options(config: MarketConfig) -> MarketConfig:
    """List a call and a put at the money, a day from expiry, on the most indebted rollup, and add who trades them.

    Buyers leave the makers short of gamma up to a limit, so that their hedges sell as the price falls; writers owe
    puts for which their margin is just enough.
    """
    # who may quote is counted from the first of all makers
    makers = 1 + sum(group.count for group in config.agents if group.role == "market_maker")
    chain = OptionsConfig(expiries_s=(DAY_S,), strikes=1, volatility=VOLATILITY, makers=makers, fund_usd=1e6)
    first, *others = config.rollups
    gamma = 0.005 * OPTIONS_PSI * first.pools[0].depth_usd  # change of the value of delta by a move of 1% [USD]
    quotes = {
        "volatility": VOLATILITY, "half_spread": 0.1, "size": SIZE, "move_bp": 10.0, "most_gamma_usd": gamma,
        "hedge_s": HEDGE_S, "hedge_venue": "pool",
    }  # fmt: skip
    buys = {"per_hour": BUYERS_PER_H, "mean_size": TAKEN, "slippage_bp": 2000.0}
    writes = buys | {
        "per_hour": WRITERS_PER_H,
        "mean_size": 0.5,
        "sell_share": 1.0,
        "margin_share": 0.9,
        "series": (1,),
    }
    added = (
        AgentConfig(role="market_maker", strategy="fixed_spread", capital_usd=4e7, parameters=quotes),
        AgentConfig(role="trader", strategy="option_buyer", capital_usd=1e7, parameters=buys),
        AgentConfig(role="trader", strategy="option_buyer", count=WRITERS, capital_usd=WRITER_USD, parameters=writes),
        AgentConfig(role="liquidator", strategy="account_taker", capital_usd=1e7),
    )
    rollups = (first.model_copy(update={"options": (chain,)}), *others)
    return config.model_copy(update={"rollups": rollups, "agents": (*config.agents, *added)})
