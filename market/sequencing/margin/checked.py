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

from market import state
from market.intents import Kind, Reason, Rows, Status
from market.sequencing.margin.base import Margin
from market.state import Book, get, index, length
from market.venues.lending import collateral_rollup, owed
from market.venues.liquidations._lots import lot_of
from market.venues.perpetuals import price_of

if TYPE_CHECKING:
    from market.domain import Slot

K_SWAP, K_OUTSIDE, K_LIQUIDATE = int(Kind.SWAP), int(Kind.OUTSIDE), int(Kind.LIQUIDATE)
K_PAYMENT, K_BRIDGE, K_ORACLE = int(Kind.PAYMENT), int(Kind.BRIDGE), int(Kind.ORACLE_UPDATE)
K_TAKE, K_BID = int(Kind.AUCTION_TAKE), int(Kind.AUCTION_BID)
K_DEPOSIT, K_REPAY, K_ADD = int(Kind.DEPOSIT), int(Kind.REPAY), int(Kind.ADD_LIQUIDITY)
SLACK = 1e-12
"""Relative excess over the balance that counts as rounding."""


@njit(cache=True)
def _put_up(book: Book, row) -> float:
    """What an intent in an auction of contracts takes from its sender [USD]: a bid and its margin; a take nothing."""
    market = row.venue - length(book, state.LENDING)
    if row.kind != K_BID or market >= length(book, state.PERPETUAL):
        return 0.0
    lot = lot_of(book, row.venue, row.target)
    if lot < 0:
        return row.amount
    size = get(book, state.CONTRACT, index(book, state.LOT, lot, state.Q_CONTRACT), state.X_SIZE)
    return row.amount + abs(size) * price_of(book, market) * get(book, state.PERPETUAL, market, state.M_INITIAL)


@njit(cache=True)
def _gives(book: Book, row) -> tuple[int, float]:
    """Asset and amount that an intent takes from its sender; nothing for one that gives nothing or names no venue."""
    kind = row.kind
    if kind in (K_TAKE, K_BID) and row.venue >= length(book, state.LENDING):
        return 0, _put_up(book, row)
    if kind in (K_SWAP, K_OUTSIDE, K_PAYMENT, K_BRIDGE, K_LIQUIDATE, K_TAKE, K_BID):
        return row.asset_in, row.amount
    if kind in (K_DEPOSIT, K_REPAY) and 0 <= row.venue < length(book, state.LENDING):
        if kind == K_DEPOSIT:
            if collateral_rollup(book, row.venue) != row.rollup:
                return 0, 0.0  # it is taken on another rollup, and fails there if there is too little
            return index(book, state.LENDING, row.venue, state.L_COLLATERAL), row.amount
        debt = owed(book, row.target) if 0 <= row.target < length(book, state.POSITION) else row.amount
        return index(book, state.LENDING, row.venue, state.L_DEBT), min(row.amount, debt)
    if kind == K_ADD and 0 <= row.venue < length(book, state.POOL):
        return index(book, state.POOL, row.venue, state.P_ASSET0), row.amount
    return 0, 0.0


@njit(cache=True)
def _brings_to(book: Book, row) -> int:
    """Rollup on which an intent brings something in; -1 for none."""
    if row.kind == K_LIQUIDATE and 0 <= row.venue < length(book, state.LENDING):
        return collateral_rollup(book, row.venue)
    if row.kind == K_TAKE and row.venue >= length(book, state.LENDING):
        return -1
    return row.rollup if row.kind in (K_SWAP, K_OUTSIDE, K_TAKE) else -1


@njit(cache=True)
def _spent(book: Book, rows: Rows, taken: np.ndarray, own: int, at: int, asset: int) -> float:
    """What the sender of rows[at] gives of an asset by rows before it, less what its bundle (from `own` on) brings."""
    total = 0.0
    sender, rollup = rows[at].sender, rows[at].rollup
    for k in range(at):
        row = rows[k]
        if row.sender != sender or not taken[k]:
            continue
        if k >= own and row.asset_out == asset and _brings_to(book, row) == rollup:
            total -= row.limit
        if row.rollup != rollup:
            continue
        given, amount = _gives(book, row)
        if given == asset:
            total += amount
        if asset == 0:
            total += row.tip + get(book, state.ROLLUP, rollup, state.R_GAS)
    return total


@njit(cache=True)
def _covered(book: Book, rows: Rows, taken: np.ndarray, own: int, at: int) -> bool:
    """Whether the sender of rows[at] can pay for it after what it already gives in this block."""
    row = rows[at]
    if not (0 <= row.sender < length(book, state.ACCOUNT) and 0 <= row.rollup < state.rollups(book)):
        return False
    if row.kind == K_ORACLE or index(book, state.ACCOUNT, row.sender, state.A_OPEN) != 0:
        return True
    asset, amount = _gives(book, row)
    if asset < 0 or asset >= state.assets(book):
        return False
    fees = row.tip + get(book, state.ROLLUP, row.rollup, state.R_GAS)
    if asset == 0:
        amount += fees
    elif fees > 0.0:
        held = state.balance(book, row.sender, row.rollup, 0)
        if fees > (held - _spent(book, rows, taken, own, at, 0)) + SLACK * held:
            return False
    held = state.balance(book, row.sender, row.rollup, asset)
    return amount <= (held - _spent(book, rows, taken, own, at, asset)) + SLACK * held


@njit(cache=True)
def check(book: Book, rows: Rows) -> np.ndarray:
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
            if not _covered(book, rows, taken, start if end > start + 1 else rows.size, k):
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
        fate = check(slot.market.world.book, rows)
        if not fate.any():
            return rows
        slot.expire(rows[fate == 1], Status.REVERTED, Reason.INSUFFICIENT_BALANCE)
        slot.expire(rows[fate == 2], Status.REVERTED, Reason.BUNDLE)
        alone = fate == 3
        rows["bundle"][alone], rows["carried"][alone] = -1, 0
        return rows[(fate == 0) | alone]
