"""What an intent costs whoever sends it, besides what it trades."""

from __future__ import annotations

from market.intents.rows import Row
from market.kernel.compiled import kernel
from market.state.store import State, get
from market.state.tables import Rollup


@kernel
def costs(state: State, row: Row, operator: int) -> float:
    """Tip and gas of an executed intent; an operator's own gas is its own income [USD]."""
    return row.tip if row.sender == operator else row.tip + get(state, Rollup.gas, row.rollup)
