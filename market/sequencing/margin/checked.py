"""The sequencer includes only what its sender can pay for, given what stands before it in the block.

An intent passes when the sender's balance covers what the intent gives away, its tip and its gas, on top of all that
the sender's earlier intents in the block give away. What those may bring in is not counted, for they may fail; but
within a bundle, which executes as a whole, the least that a member brings in (its limit) may pay for the next. What
fails is reverted unexecuted and takes its bundle with it; intents of others that the bundle carried stay, on their
own.
Source: pre-execution checks of order-book sequencers, e.g. dYdX chain documentation, "short-term order
collateralisation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numba import njit

from market.intents.costs import fees as intent_fees
from market.intents.rows import Reason, Rows, Status
from market.sequencing.margin.base import Margin
from market.state.store import State, assets, balance, index, length, rollups
from market.state.tables import Account
from market.venues.dispatch import CHARGED, brings, gives

if TYPE_CHECKING:
    from market.domain import Slot


SLACK = 1e-12
"""Relative excess over the balance that counts as rounding."""


@njit(cache=True)
def _spent(state: State, rows: Rows, taken: np.ndarray, own: int, at: int, asset: int) -> float:
    """What the sender of rows[at] gives of an asset by rows before it, less what its bundle (from `own` on) brings."""
    total = 0.0
    sender, rollup = rows[at].sender, rows[at].rollup
    for k in range(at):
        row = rows[k]
        if row.sender != sender or not taken[k]:
            continue
        if k >= own and row.asset_out == asset and brings(state, row) == rollup:
            total -= row.limit
        if row.rollup != rollup:
            continue
        given, amount = gives(state, row)
        if given == asset:
            total += amount
        if asset == 0:
            total += row.tip + intent_fees(state, row)
    return total


@njit(cache=True)
def _charged(row) -> bool:
    """Whether a row's sender pays for it; a kind that does not exist is not charged, and fails when it is executed."""
    return 0 <= row.kind < CHARGED.size and bool(CHARGED[row.kind])


@njit(cache=True)
def _covered(state: State, rows: Rows, taken: np.ndarray, own: int, at: int) -> bool:
    """Whether the sender of rows[at] can pay for it after what it already gives in this block."""
    row = rows[at]
    if not (0 <= row.sender < length(state, Account.group) and 0 <= row.rollup < rollups(state)):
        return False
    if not _charged(row) or index(state, Account.open, row.sender) != 0:
        return True
    asset, amount = gives(state, row)
    if asset < 0 or asset >= assets(state):
        return False
    fees = row.tip + intent_fees(state, row)
    if asset == 0:
        amount += fees
    elif fees > 0.0:
        held = balance(state, row.sender, row.rollup, 0)
        if fees > (held - _spent(state, rows, taken, own, at, 0)) + SLACK * held:
            return False
    held = balance(state, row.sender, row.rollup, asset)
    return amount <= (held - _spent(state, rows, taken, own, at, asset)) + SLACK * held


@njit(cache=True)
def check(state: State, rows: Rows) -> np.ndarray:
    """Fate of each row: 0 passes, 1 is not covered, 2 falls with its bundle, 3 is carried by a bundle that falls."""
    fate = np.zeros(rows.size, np.int64)
    taken = np.zeros(rows.size, np.bool_)
    start = 0
    while start < rows.size:
        end = start + 1
        while end < rows.size and rows[start].bundle >= 0 and rows[end].bundle == rows[start].bundle:
            end += 1
        failed = -1
        for k in range(start, end):
            if not _covered(state, rows, taken, start if end > start + 1 else rows.size, k):
                failed = k
                break
            taken[k] = True
        if failed >= 0:
            for k in range(start, end):
                stays = rows[k].carried and rows[start].bundle >= 0 and k != failed
                fate[k] = 1 if k == failed else 3 if stays else 2
                taken[k] = stays
        start = end
    return fate


class Checked(Margin):
    """Balances are checked before inclusion."""

    kind: Literal["checked"] = "checked"

    def screen(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Revert, unexecuted, what its sender cannot pay for."""
        fate = check(slot.market.world.state, rows)
        if not fate.any():
            return rows
        slot.expire(rows[fate == 1], Status.REVERTED, Reason.INSUFFICIENT_BALANCE)
        slot.expire(rows[fate == 2], Status.REVERTED, Reason.BUNDLE)
        alone = fate == 3
        rows["bundle"][alone], rows["carried"][alone] = -1, 0
        return rows[(fate == 0) | alone]
