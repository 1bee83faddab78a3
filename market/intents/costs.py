"""What an intent costs whoever sends it, besides what it trades."""

from __future__ import annotations

from market.intents.rows import Row
from market.kernel.compiled import kernel
from market.state.store import State, get, length
from market.state.tables import Posted, Rollup


@kernel
def posted(state: State, row: Row) -> float:
    """What an intent takes on L1 [bytes]; nothing where its kind does not exist."""
    return get(state, Posted.bytes, row.kind) if 0 <= row.kind < length(state, Posted.bytes) else 0.0


@kernel
def fees(state: State, row: Row) -> float:
    """Gas and data fee of an intent whose sender is charged, once it is executed [USD]."""
    return get(state, Rollup.gas, row.rollup) + get(state, Rollup.data_fee, row.rollup) * posted(state, row)


@kernel
def fees_borne(state: State, row: Row, operator: int) -> float:
    """Fees of an executed intent; an operator's own are its own income, but L1 is not [USD]."""
    if row.sender == operator:
        return get(state, Rollup.data_cost, row.rollup) * posted(state, row)
    return fees(state, row)


@kernel
def gas_reverted(state: State, row: Row) -> float:
    """Gas of a reverted intent whose sender is charged [USD]; nothing where such intents are left out of the block."""
    return get(state, Rollup.reverted, row.rollup) * get(state, Rollup.gas, row.rollup)


@kernel
def data_reverted(state: State, row: Row) -> float:
    """What a reverted intent takes on L1 [bytes]; nothing where such intents are left out of the block."""
    return posted(state, row) if get(state, Rollup.reverted, row.rollup) > 0.0 else 0.0


@kernel
def fees_reverted(state: State, row: Row, operator: int) -> float:
    """Fees of a reverted intent whose sender is charged; an operator's gas is its own income, but L1 is not [USD]."""
    size = data_reverted(state, row)
    if row.sender == operator:
        return get(state, Rollup.data_cost, row.rollup) * size
    return gas_reverted(state, row) + get(state, Rollup.data_fee, row.rollup) * size


@kernel
def costs(state: State, row: Row, operator: int) -> float:
    """Tip and fees of an executed intent [USD]."""
    return row.tip + fees_borne(state, row, operator)
