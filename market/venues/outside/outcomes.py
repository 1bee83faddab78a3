"""What the outside market adds to a run's results: how much was exchanged with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from market.intents.rows import Row
from market.kernel.compiled import kernel
from market.state.store import State, get
from market.state.tables import Asset
from market.venues import Kind

if TYPE_CHECKING:
    from market.model import SequencerMarket

TOTALS = {"outside_volume": "given to the outside market in exchange, at reference prices [USD]"}
"""Columns of the totals by rollup."""


@kernel
def count(state: State, row: Row, author: int, operator: int, at: Any, sums: Any) -> None:
    """Add an executed exchange; a payment is none."""
    if row.kind == Kind.OUTSIDE:
        at.outside_volume += row.filled_in * get(state, Asset.price, row.asset_in)


def report(market: SequencerMarket) -> dict[str, float]:
    """Value given to the outside market in exchange [USD]."""
    return {"outside_volume_usd": float(market.tally.totals()["outside_volume"])}
