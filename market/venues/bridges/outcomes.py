"""What bridges add to a run's results: how much was sent over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from market.intents.rows import Row
from market.kernel.compiled import kernel
from market.state.store import State, get
from market.state.tables import Asset

if TYPE_CHECKING:
    from market.model import SequencerMarket

TOTALS = {"bridged": "sent over bridges from the rollup, at reference prices [USD]"}
"""Columns of the totals by rollup."""


@kernel
def count(state: State, row: Row, author: int, operator: int, at: Any, sums: Any) -> None:
    """Add an executed transfer."""
    at.bridged += row.filled_in * get(state, Asset.price, row.asset_in)


def report(market: SequencerMarket) -> dict[str, float]:
    """Value sent over bridges, at reference prices when it was sent [USD]."""
    return {"bridged_usd": float(market.tally.totals()["bridged"])}
