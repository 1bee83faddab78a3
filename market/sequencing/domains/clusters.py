"""Given clusters of rollups are each sequenced together."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from market.config import MarketConfig
from market.errors import InputError
from market.sequencing.domains.base import Domains


class Clusters(Domains):
    """Rollups by name; those that no cluster names are sequenced alone."""

    kind: Literal["clusters"] = "clusters"
    clusters: tuple[tuple[str, ...], ...] = Field(min_length=1, description="names of the rollups of each cluster")

    def partition(self, config: MarketConfig) -> list[list[int]]:
        """Rollups of each domain; raises InputError for a name that is unknown or used twice."""
        names = [rollup.name for rollup in config.rollups]
        listed = [name for cluster in self.clusters for name in cluster]
        for name in listed:
            if name not in names:
                raise InputError(f"regime.domains.clusters: unknown rollup {name!r}; allowed: {', '.join(names)}")
            if listed.count(name) > 1:
                raise InputError(f"regime.domains.clusters: rollup {name!r} is in two clusters; allowed: one each")
        parts = [[names.index(name) for name in cluster] for cluster in self.clusters]
        return parts + [[names.index(name)] for name in names if name not in listed]
