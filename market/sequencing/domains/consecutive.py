"""Clusters of a given size, in the order of the configuration: one sequencer per ecosystem of rollups.

Unlike `clusters` it names no rollup, so that it fits any configuration. Ecosystems as deployed: the OP Stack's
Superchain, ZKsync's Elastic Chain, Arbitrum Orbit, Polygon AggLayer.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from market.config import MarketConfig
from market.sequencing.domains._layer1 import apart, rollups_of
from market.sequencing.domains.base import Domains


class Consecutive(Domains):
    """The first `size` rollups are one cluster, the next `size` another, and so on; the last may be smaller."""

    kind: Literal["consecutive"] = "consecutive"
    size: int = Field(3, ge=1, description="rollups of a cluster [1]")

    def partition(self, config: MarketConfig) -> list[list[int]]:
        """Rollups of each domain."""
        rollups = rollups_of(config)
        return [rollups[start : start + self.size] for start in range(0, len(rollups), self.size)] + apart(config)
