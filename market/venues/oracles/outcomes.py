"""What oracles add to a run's results: how often they were heard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from market.intents.rows import Row
from market.kernel.compiled import kernel
from market.state.store import State

if TYPE_CHECKING:
    from market.model import SequencerMarket

TOTALS = {"oracle_updates": "updates of feeds that were put into force [1]"}
"""Columns of the totals by rollup."""


@kernel
def count(state: State, row: Row, author: int, operator: int, at: Any, sums: Any) -> None:
    """Add an executed update."""
    at.oracle_updates += 1.0


def report(market: SequencerMarket) -> dict[str, int]:
    """Updates that were put into force, of all feeds."""
    return {"oracle_updates": int(market.tally.totals()["oracle_updates"])}
