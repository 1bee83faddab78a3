"""All rollups are sequenced together, so that a bundle may span any of them."""

from __future__ import annotations

from typing import Literal

from market.config import MarketConfig
from market.sequencing.domains.base import Domains


class Shared(Domains):
    """One sequencing domain for all rollups."""

    kind: Literal["shared"] = "shared"

    def partition(self, config: MarketConfig) -> list[list[int]]:
        """Rollups of each domain."""
        return [list(range(len(config.rollups)))]
