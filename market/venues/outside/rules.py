"""Payments between accounts, and exchange with the outside market at the reference price less its fee."""

from __future__ import annotations

import numpy as np

from market.intents.rows import Reason, Row
from market.kernel.compiled import kernel
from market.state.ledger import Why, move
from market.state.store import State, assets, get, index, length
from market.state.tables import Account, Asset
from market.venues.outside.tables import Outside


@kernel
def pay(state: State, row: Row, time: float) -> int:
    """A payment to an account on the same rollup."""
    if (
        row.target < 0
        or row.target >= length(state, Account.group)
        or row.asset_in < 0
        or row.asset_in >= assets(state)
    ):
        return Reason.WRONG_VENUE
    # what a venue holds has a meaning (a price, a claim) that a gift would change behind its rules
    if index(state, Account.venue, row.target) != 0:
        return Reason.NOT_ALLOWED
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    if not move(state, row.sender, row.target, row.rollup, row.asset_in, row.amount, Why.PAYMENT):
        return Reason.INSUFFICIENT_BALANCE
    row.filled_in = row.amount
    row.filled_out = row.amount
    return Reason.NONE


@kernel
def trade(state: State, row: Row, time: float) -> int:
    """Exchange with the outside market at the reference price less its fee."""
    if min(row.asset_in, row.asset_out) < 0 or max(row.asset_in, row.asset_out) >= assets(state):
        return Reason.WRONG_VENUE
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    rate = get(state, Asset.price, row.asset_in) / get(state, Asset.price, row.asset_out)
    out = row.amount * rate * (1.0 - get(state, Outside.fee, 0))
    if out < row.limit:
        return Reason.LIMIT
    outside = index(state, Outside.account, 0)
    if not move(state, row.sender, outside, row.rollup, row.asset_in, row.amount, Why.OUTSIDE):
        return Reason.INSUFFICIENT_BALANCE
    if not move(state, outside, row.sender, row.rollup, row.asset_out, out, Why.OUTSIDE):
        return Reason.INSUFFICIENT_BALANCE
    row.filled_in = row.amount
    row.filled_out = out
    return Reason.NONE
