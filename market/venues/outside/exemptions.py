"""What a circuit breaker asks of exchanges with the outside market: what they would bring."""

from __future__ import annotations

from typing import Any

from market.state.store import State, Tables


def proceeds(state: State, tables: Tables, row: Any) -> float:
    """Value of the amount given [units of its output]."""
    return float(row["amount"]) * tables.prices[int(row["asset_in"])] / tables.prices[int(row["asset_out"])]
