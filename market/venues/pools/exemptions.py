"""What a circuit breaker asks of swaps: what they would bring."""

from __future__ import annotations

from typing import Any

import numpy as np

from market.state.store import State, Tables
from market.venues.pools import curve


def proceeds(state: State, tables: Tables, row: Any) -> float:
    """Output of a swap at the state before the block [units of its output]; inf where there is no such swap."""
    source, sink, pool = int(row["asset_in"]), int(row["asset_out"]), int(row["venue"])
    if not (0 <= pool < len(tables.pools) and curve.trades(state, pool, int(row["rollup"]), source, sink)):
        return np.inf
    return curve.quoted(state, pool, source, float(row["amount"]))
