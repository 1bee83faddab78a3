"""The ways in which failure spreads, each of which can be taken away: from a configuration to one without it.

A channel is a public function of this module; its name is the channel's. Each works through a mechanism of the market
(other strategies' parameters, capital, oracles, capacity, outages), never through an outcome, and leaves everything
else alone, so that a run without the channel has the same seed's prices, order flow and faults. A configuration that
does not have the channel comes back unchanged.

The share of a channel is 1 - liquidated without it / liquidated with it. Channels feed each other, so such shares do
not add up to one; that of a channel that dampens is negative.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable

from agents.parameters import parameters
from agents.population import strategy_class
from market.config import AgentConfig, MarketConfig, OracleConfig, RollupConfig

FOR_OPTIONS = ("fixed_spread", "option_buyer", "account_taker")
"""Strategies that trade nothing but options, what hedges them aside."""
PLENTY_USD = 1e9
"""Capital that never runs out [USD]."""


def names() -> list[str]:
    """Names of the channels, in the order of this file."""
    module = sys.modules[__name__]
    found = [
        (function.__code__.co_firstlineno, name)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == __name__ and list(inspect.signature(function).parameters) == ["config"]
    ]
    return [name for _, name in sorted(found) if not name.startswith("_")]


def without(config: MarketConfig, *channels: str) -> MarketConfig:
    """Return a configuration without the channels named. Raises ValueError for an unknown one."""
    for channel in channels:
        if channel not in names():
            raise ValueError(f"unknown channel {channel!r}; allowed: {', '.join(names())}")
        config = getattr(sys.modules[__name__], channel)(config)
    return config


def price_impact(config: MarketConfig) -> MarketConfig:
    """Liquidators sell what they seize outside, where it moves no pool."""
    return _agents(config, lambda group: _with(group, sell="outside") if group.strategy == "greedy" else group)


def pool_oracle(config: MarketConfig) -> MarketConfig:
    """Oracles read the outside price instead of their rollup's pool."""
    return _oracles(config, lambda oracle: oracle.model_copy(update={"source": "external"}))


def oracle_delay(config: MarketConfig) -> MarketConfig:
    """Oracles post without delay and on any change; their updates still need a block."""
    return _oracles(config, lambda oracle: oracle.model_copy(update={"delay_s": 0.0, "deviation_bp": 0.0}))


def cross_rollup_arbitrage(config: MarketConfig) -> MarketConfig:
    """Nobody trades cycles over the pools of several rollups; whoever also trades with the outside market goes on."""
    return _agents(config, lambda group: _with(group, cycles=False) if _takes(group, "cycles") else group)


def scarce_capital(config: MarketConfig) -> MarketConfig:
    """Liquidators and arbitrageurs have capital that never runs out."""

    def rich(group: AgentConfig) -> AgentConfig:
        if group.role not in ("liquidator", "trader"):
            return group
        return group.model_copy(update={"capital_usd": max(PLENTY_USD, group.capital_usd)})

    return _agents(config, rich)


def liquidity_withdrawal(config: MarketConfig) -> MarketConfig:
    """Market makers stay in their pools whatever happens."""
    return _agents(config, lambda group: _with(group, leave_above=None) if group.strategy == "withdrawing" else group)


def outage(config: MarketConfig) -> MarketConfig:
    """No sequencer ever fails: no scheduled outages, no random ones, none by overload."""
    none = {"scheduled": (), "outages_per_day": 0.0, "overload": 0}
    consensus = {key: value for key, value in config.regime.consensus.items() if key not in none}
    return config.model_copy(update={"regime": config.regime.model_copy(update={"consensus": consensus})})


def congestion(config: MarketConfig) -> MarketConfig:
    """Blocks hold whatever is due."""
    return config.model_copy(
        update={"regime": config.regime.model_copy(update={"capacity": {"kind": "unlimited"}})}
    )  # fmt: skip


def shared_collateral(config: MarketConfig) -> MarketConfig:
    """Every loan's collateral lies on its own rollup."""

    def home(rollup: RollupConfig) -> RollupConfig:
        loans = tuple(loan.model_copy(update={"collateral_on": None}) for loan in rollup.lending)
        return rollup.model_copy(update={"lending": loans})

    return config.model_copy(update={"rollups": tuple(home(rollup) for rollup in config.rollups)})


def permanent_impact(config: MarketConfig) -> MarketConfig:
    """What is sold outside leaves no trace in the outside price."""
    return config.model_copy(update={"prices": config.prices.model_copy(update={"impact_per_million": 0.0})})


def options(config: MarketConfig) -> MarketConfig:
    """No rollup lists options, and whoever is there to trade them stays away."""
    rollups = tuple(rollup.model_copy(update={"options": ()}) for rollup in config.rollups)
    agents = tuple(group for group in config.agents if group.strategy not in FOR_OPTIONS)
    return config.model_copy(update={"rollups": rollups, "agents": agents})


def option_hedges(config: MarketConfig) -> MarketConfig:
    """Makers of options keep the delta of what they owe."""

    def open_delta(group: AgentConfig) -> AgentConfig:
        return _with(group, hedge_s=None) if group.parameters.get("hedge_s") is not None else group

    return _agents(config, open_delta)


def vega_hedges(config: MarketConfig) -> MarketConfig:
    """Makers of options keep the vega of what they owe, and buy none of it elsewhere."""

    def open_vega(group: AgentConfig) -> AgentConfig:
        return _with(group, vega_rollup=None) if group.parameters.get("vega_rollup") is not None else group

    return _agents(config, open_vega)


def _agents(config: MarketConfig, change: Callable[[AgentConfig], AgentConfig]) -> MarketConfig:
    return config.model_copy(update={"agents": tuple(change(group) for group in config.agents)})


def _takes(group: AgentConfig, parameter: str) -> bool:
    """Whether the strategy of a group has such a parameter."""
    return parameter in parameters(strategy_class(group.role, group.strategy))


def _with(group: AgentConfig, **parameters: object) -> AgentConfig:
    return group.model_copy(update={"parameters": {**group.parameters, **parameters}})


def _oracles(config: MarketConfig, change: Callable[[OracleConfig], OracleConfig]) -> MarketConfig:
    rollups = tuple(rollup.model_copy(update={"oracle": change(rollup.oracle)}) for rollup in config.rollups)
    return config.model_copy(update={"rollups": rollups})
