"""Parts of the market that are off in the reference scenario, each of which can be switched on.

A part is a public function of this module from a configuration to one with it; its name is the part's. Prices, order
flow and faults of a seed stay what they are, as they do without a channel (:mod:`experiments.markets.channels`). Sizes
are assumed, on the side on which they disturb more:

- outside market: an order takes half a second, costs 5 bp, moves the price there by a hundredth for each 20 million
  USD, which fades within minutes, and nobody holds more there than a trader of the reference population begins with;
- reverted intents pay all of their gas, as on a rollup whose sequencer does not simulate before it includes;
- data: the law of :mod:`market.prices.l1` as it stands; rates: the usual curve of lending markets, kink at 90%;
- latency rises by half for each unit of annual volatility and by a tenth for each intent a second: about threefold in
  the crash. What is asked is whether signs survive that.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable

from market.config import MarketConfig, OutsideConfig
from market.latency import LatencyLaw
from market.sequencing.capacity.base import L1DataConfig
from market.venues.lending.config import UtilisationRates

OUTSIDE = OutsideConfig(atomic=False, delay_s=0.5, depth_usd=20e6, recovery_s=60.0, inventory_usd=2e6)
OUTSIDE_FEE_BP = 5.0
STRAIN = LatencyLaw(with_volatility=0.5, with_load=0.1)


def names() -> list[str]:
    """Names of the parts, in the order of this file."""
    found = [
        (function.__code__.co_firstlineno, name)
        for name, function in inspect.getmembers(sys.modules[__name__], inspect.isfunction)
        if function.__module__ == __name__ and list(inspect.signature(function).parameters) == ["config"]
    ]
    return [name for _, name in sorted(found) if not name.startswith("_")]


def having(config: MarketConfig, *parts: str) -> MarketConfig:
    """Return a configuration with the parts named. Raises ValueError for an unknown one."""
    known: dict[str, Callable[[MarketConfig], MarketConfig]]
    known = {name: getattr(sys.modules[__name__], name) for name in names()}
    for part in parts:
        if part not in known:
            raise ValueError(f"unknown part {part!r}; allowed: {', '.join(known)}")
        config = known[part](config)
    return config


def outside_apart(config: MarketConfig) -> MarketConfig:
    """The outside market is a place of its own: orders arrive later, cost a fee, move its price, and are limited."""
    return config.model_copy(update={"outside": OUTSIDE, "outside_fee_bp": OUTSIDE_FEE_BP})


def gas_of_reverted(config: MarketConfig) -> MarketConfig:
    """Reverted intents pay all of their gas."""
    return _capacity(config, {"reverted_gas": 1.0})


def strained_latency(config: MarketConfig) -> MarketConfig:
    """Messages of agents take longer when the market is nervous or busy."""
    law = STRAIN.model_dump(include={"with_volatility", "with_load"})
    agents = (group.model_copy(update={"latency": group.latency.model_copy(update=law)}) for group in config.agents)
    return config.model_copy(update={"agents": tuple(agents)})


def data_fee(config: MarketConfig) -> MarketConfig:
    """Intents pay for their data on L1, at a price that spikes."""
    return _capacity(config, {"l1_data": L1DataConfig().model_dump()})


def kinked_rates(config: MarketConfig) -> MarketConfig:
    """Borrowers pay by how much of the funds is lent out, steeply where little is left."""
    rates = UtilisationRates()
    rollups = (
        rollup.model_copy(
            update={"lending": tuple(loan.model_copy(update={"rates": rates}) for loan in rollup.lending)}
        )
        for rollup in config.rollups
    )
    return config.model_copy(update={"rollups": tuple(rollups)})


def _capacity(config: MarketConfig, changes: dict[str, object]) -> MarketConfig:
    regime = config.regime.model_copy(update={"capacity": config.regime.capacity | changes})
    return config.model_copy(update={"regime": regime})
