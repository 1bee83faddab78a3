"""Every rollup has a sequencing domain of its own."""

from __future__ import annotations

from typing import Literal

from market.config import MarketConfig
from market.sequencing.domains.base import Domains


class Alone(Domains):
    """Siloed sequencing."""

    kind: Literal["alone"] = "alone"

    def partition(self, config: MarketConfig) -> list[list[int]]:
        """Rollups of each domain."""
        return [[rollup] for rollup in range(len(config.rollups))]
