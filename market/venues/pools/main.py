"""Which pool stands for the price of an asset on a rollup."""

from __future__ import annotations

import numpy as np

from market.state.store import Tables
from market.venues.pools.depth import deepest


def main_pools(tables: Tables, rollups: int) -> np.ndarray:
    """Return the deepest pool of each asset against the numeraire by rollup, -1 for none: (assets, rollups)."""
    main = np.full((len(tables.prices), rollups), -1, np.int64)
    for asset in range(1, len(tables.prices)):
        main[asset] = [deepest(tables, rollup, asset, 0) for rollup in range(rollups)]
    return main
