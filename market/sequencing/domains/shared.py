"""All rollups are sequenced together, so that a bundle may span any of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from market.config import MarketConfig
from market.sequencing.domains._layer1 import apart, rollups_of
from market.sequencing.domains.base import Domains


class Shared(Domains):
    """One sequencing domain for all rollups."""

    kind: Literal["shared"] = "shared"
    layer1: bool = Field(False, description="whether L1's proposers are who sequences, so that L1 is one of the domain")

    def partition(self, config: MarketConfig) -> list[list[int]]:
        """Rollups of each domain."""
        if self.layer1:
            return [list(range(len(config.rollups)))]
        return [part for part in (rollups_of(config), *apart(config)) if part]
