"""L1 among the rollups: who sequences rollups together leaves it out, unless it is L1's proposers who do."""

from __future__ import annotations

from market.config import MarketConfig


def rollups_of(config: MarketConfig) -> list[int]:
    """Return what is sequenced by the regime's choice: everything but L1."""
    return [at for at, rollup in enumerate(config.rollups) if not rollup.layer1]


def apart(config: MarketConfig) -> list[list[int]]:
    """Return a domain of its own for L1, where the market has it."""
    return [[at] for at, rollup in enumerate(config.rollups) if rollup.layer1]
