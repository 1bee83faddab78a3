"""What vaults add to a run's results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from market.intents.rows import Row
from market.kernel.compiled import kernel
from market.state.store import State

if TYPE_CHECKING:
    from market.model import SequencerMarket

TOTALS = {"vaulted": "paid into vaults [USD]"}


@kernel
def count(state: State, row: Row, author: int, operator: int, at: Any, sums: Any) -> None:
    """Add what was paid in."""
    at.vaulted += row.filled_in


def report(market: SequencerMarket) -> dict[str, float]:
    """Money paid into vaults [USD]."""
    return {"vaulted_usd": float(market.tally.totals()["vaulted"])}
