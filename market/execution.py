"""Compiled block execution: intents in order, bundles all or none, a receipt for each.

Each intent, or bundle, is one all-or-none stretch of the journal. A bundle may carry somebody else's intent; when the
bundle fails, the intents that it carried are executed on their own, so that nobody can revert another's intent.

What an intent does is its venue's to say: :func:`market.venues.dispatch.carry_out` asks it. Few functions lie between a
block and that: each would have all venues optimized once more when it is compiled.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from market.intents.costs import data_reverted, gas_reverted, posted
from market.intents.rows import BATCHED, Reason, Row, Rows, Status
from market.kernel.compiled import kernel
from market.state.journal import full, open_journal, undo
from market.state.ledger import Why, move, move_inlined
from market.state.store import State, balance, get, index, length, rollups
from market.state.tables import Account, Rollup
from market.venues import Kind
from market.venues.dispatch import CHARGED, carry_out, pays
from market.venues.pools import batch
from market.venues.pools import curve as pools


@kernel
def _charge(state: State, row: Row, builder: int, operator: int) -> int:
    """Tip, to whoever built the block, gas and data fee, to the operator, and what it pays L1."""
    if not row.tip >= 0.0:
        return Reason.BAD_AMOUNT
    if row.tip > 0.0 and not move_inlined(state, row.sender, builder, row.rollup, 0, row.tip, Why.TIP):
        return Reason.INSUFFICIENT_BALANCE
    gas = get(state, Rollup.gas, row.rollup)
    if gas > 0.0 and CHARGED[row.kind] and not move_inlined(state, row.sender, operator, row.rollup, 0, gas, Why.GAS):
        return Reason.INSUFFICIENT_BALANCE
    cost = get(state, Rollup.data_cost, row.rollup)
    if cost > 0.0:
        fee, size = get(state, Rollup.data_fee, row.rollup), posted(state, row)
        if CHARGED[row.kind] and not move(state, row.sender, operator, row.rollup, 0, fee * size, Why.DATA_FEE):
            return Reason.INSUFFICIENT_BALANCE
        if not move(state, operator, index(state, Rollup.l1, row.rollup), row.rollup, 0, cost * size, Why.DATA_COST):
            return Reason.INSUFFICIENT_BALANCE
    return Reason.NONE


@kernel
def _pay_up(state: State, payer: int, payee: int, rollup: int, amount: float, why: int) -> None:
    """Move an amount, or what the payer holds where that is less."""
    if not move(state, payer, payee, rollup, 0, amount, why):
        move(state, payer, payee, rollup, 0, balance(state, payer, rollup, 0), why)


@kernel
def _charge_reverted(state: State, row: Row, operator: int) -> None:
    """Take the fees of an intent that stands in the block without effect, as far as the sender's balance goes."""
    if not pays(state, row):
        return
    if get(state, Rollup.reverted, row.rollup) == 0.0:
        return
    open_journal(state)
    size, l1 = data_reverted(state, row), index(state, Rollup.l1, row.rollup)
    _pay_up(state, row.sender, operator, row.rollup, gas_reverted(state, row), Why.GAS)
    _pay_up(state, row.sender, operator, row.rollup, size * get(state, Rollup.data_fee, row.rollup), Why.DATA_FEE)
    _pay_up(state, operator, l1, row.rollup, size * get(state, Rollup.data_cost, row.rollup), Why.DATA_COST)


@kernel
def _attempt(state: State, rows: Rows, first: int, last: int, time: float, builder: int, operator: int) -> int:
    """Execute rows[first:last] with their tips and gas, all or none; returns which failed, -1 if none did."""
    open_journal(state)
    failed = -1
    reason = Reason.NONE
    for k in range(first, last):
        row = rows[k]
        row.filled_in = 0.0
        row.filled_out = 0.0
        if not (0 <= row.sender < length(state, Account.group) and 0 <= row.rollup < rollups(state)):
            reason = Reason.WRONG_VENUE
        else:
            reason = carry_out(state, row, time)
            if reason == Reason.NONE:
                reason = _charge(state, row, builder, operator)
            if reason == Reason.NONE and full(state):
                reason = Reason.TOO_LONG
        if reason != Reason.NONE:
            failed = k
            undo(state)
            break
    for k in range(first, last):
        _finish(rows[k], reason if failed in (-1, k) else Reason.BUNDLE, time)
        # what a bundle carried is executed again, and may then succeed
        if failed >= 0 and not (rows[k].carried and last > first + 1):
            _charge_reverted(state, rows[k], operator)
    return failed


@kernel
def _finish(row: Row, reason: int, time: float) -> None:
    row.reason = reason
    row.executed = time
    if reason == Reason.NONE:
        row.status = Status.FILLED
    else:
        row.status = Status.REVERTED
        row.filled_in = 0.0
        row.filled_out = 0.0


@kernel
def _fallbacks(state: State, rows: np.ndarray, first: int, last: int) -> None:
    """Note what carried swaps would return if they stood where the bundle stands: the measure of their loss."""
    for k in range(first, last):
        row = rows[k]
        if (
            row.carried
            and row.kind == Kind.SWAP
            and pools.trades(state, row.venue, row.rollup, row.asset_in, row.asset_out)
        ):
            row.fallback_out = pools.quoted(state, row.venue, row.asset_in, row.amount)


@kernel
def _batch(state: State, rows: Rows, first: int, last: int, time: float, builder: int, operator: int) -> None:
    """Swaps on one pool against each other and the pool, at one price: first everybody pays, then everybody is paid."""
    price = batch.clear(state, rows, first, last)
    if price > 0.0:
        batch.begin(state, rows[first].venue, time)
    for k in range(first, last):
        if rows[k].reason == Reason.NONE:
            open_journal(state)
            batch.take(state, rows[k])
            _charge(state, rows[k], builder, operator)
    if price > 0.0:
        open_journal(state)
        batch.take_fee(state, rows, first, last, price)
    for k in range(first, last):
        if rows[k].reason == Reason.NONE:
            open_journal(state)
            batch.give(state, rows[k], price)
        _finish(rows[k], rows[k].reason, time)
        if rows[k].reason != Reason.NONE:
            _charge_reverted(state, rows[k], operator)


@kernel
def execute_block(state: State, rows: Rows, time: float, builder: int, operator: int) -> None:
    """Execute the rows in order and write their receipts in place.

    Parameters
    ----------
    state
        the market
    rows
        shape (n,), dtype `INTENT`; members of a bundle stand next to each other, and so do swaps that clear together
    time
        when the block takes effect [s]
    builder, operator
        accounts that receive tips and gas
    """
    at: Any = np.int64(0)  # a bare 0 would have every callee compiled once more for that constant
    while at < rows.size:
        end = at + 1
        batched = rows[at].carried == BATCHED
        if batched:
            end = batch.end_of(rows, at)
        elif rows[at].bundle >= 0:
            while end < rows.size and rows[end].bundle == rows[at].bundle:
                end += 1
        for k in range(at, end):
            rows[k].position = k
        if batched:
            _batch(state, rows, at, end, time, builder, operator)
        else:
            bundled = rows[at].bundle >= 0
            if bundled:
                _fallbacks(state, rows, at, end)
            if _attempt(state, rows, at, end, time, builder, operator) >= 0 and bundled:
                for k in range(at, end):
                    if rows[k].carried:
                        rows[k].fallback_out = 0.0
                        _attempt(state, rows, k, k + 1, time, builder, operator)
        at = end
