"""Compiled block execution: intents in order, bundles all or none, a receipt for each.

Each intent, or bundle, is one all-or-none stretch of the journal. A bundle may carry somebody else's intent; when the
bundle fails, the intents that it carried are executed on their own, so that nobody can revert another's intent.

Few functions lie between a block and `_dispatch`: each would have all venues optimized once more when it is compiled.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from market.compiled import kernel
from market.intents import BATCHED, Kind, Reason, Row, Rows, Status
from market.ledger import Why, full, move, open_journal, undo
from market.state import (
    A_VENUE,
    ACCOUNT,
    O_ACCOUNT,
    O_FEE,
    OUTSIDE,
    P_FEE,
    POOL,
    PRICE_OF,
    R_GAS,
    ROLLUP,
    Book,
    assets,
    get,
    index,
    length,
    rollups,
)
from market.venues import auctioning, batch, bridges, close_out, lending, oracle, perpetuals, pools
from market.venues.liquidations import fixed_spread

OK, BUNDLE = int(Reason.NONE), int(Reason.BUNDLE)
BAD_AMOUNT, POOR = int(Reason.BAD_AMOUNT), int(Reason.INSUFFICIENT_BALANCE)
WRONG_VENUE, TOO_LONG = int(Reason.WRONG_VENUE), int(Reason.TOO_LONG)
LIMIT, NOT_ALLOWED = int(Reason.LIMIT), int(Reason.NOT_ALLOWED)
FILLED, REVERTED = int(Status.FILLED), int(Status.REVERTED)
TIP, GAS, PAYMENT, TO_OUTSIDE = int(Why.TIP), int(Why.GAS), int(Why.PAYMENT), int(Why.OUTSIDE)
K_SWAP, K_ADD, K_REMOVE = int(Kind.SWAP), int(Kind.ADD_LIQUIDITY), int(Kind.REMOVE_LIQUIDITY)
K_DEPOSIT, K_WITHDRAW, K_BORROW = int(Kind.DEPOSIT), int(Kind.WITHDRAW), int(Kind.BORROW)
K_REPAY, K_LIQUIDATE, K_ORACLE = int(Kind.REPAY), int(Kind.LIQUIDATE), int(Kind.ORACLE_UPDATE)
K_BRIDGE, K_PAYMENT, K_OUTSIDE = int(Kind.BRIDGE), int(Kind.PAYMENT), int(Kind.OUTSIDE)
K_PERPETUAL, K_CLOSE_OUT = int(Kind.PERPETUAL_TRADE), int(Kind.PERPETUAL_LIQUIDATE)
K_START, K_RESET = int(Kind.AUCTION_START), int(Kind.AUCTION_RESET)
K_TAKE, K_BID, K_SETTLE = int(Kind.AUCTION_TAKE), int(Kind.AUCTION_BID), int(Kind.AUCTION_SETTLE)
K_MARGIN_IN, K_MARGIN_OUT = int(Kind.PERPETUAL_DEPOSIT), int(Kind.PERPETUAL_WITHDRAW)
K_QUOTE = int(Kind.PERPETUAL_QUOTE)


@kernel
def _pay(book: Book, row: Row) -> int:
    """A payment to an account on the same rollup."""
    if row.target < 0 or row.target >= length(book, ACCOUNT) or row.asset_in < 0 or row.asset_in >= assets(book):
        return WRONG_VENUE
    # what a venue holds has a meaning (a price, a claim) that a gift would change behind its rules
    if index(book, ACCOUNT, row.target, A_VENUE) != 0:
        return NOT_ALLOWED
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return BAD_AMOUNT
    if not move(book, row.sender, row.target, row.rollup, row.asset_in, row.amount, PAYMENT):
        return POOR
    row.filled_in = row.amount
    row.filled_out = row.amount
    return OK


@kernel
def _trade_outside(book: Book, row: Row) -> int:
    """Exchange with the outside market at the reference price less its fee."""
    if min(row.asset_in, row.asset_out) < 0 or max(row.asset_in, row.asset_out) >= assets(book):
        return WRONG_VENUE
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return BAD_AMOUNT
    rate = get(book, PRICE_OF, row.asset_in, 0) / get(book, PRICE_OF, row.asset_out, 0)
    out = row.amount * rate * (1.0 - get(book, OUTSIDE, 0, O_FEE))
    if out < row.limit:
        return LIMIT
    outside = index(book, OUTSIDE, 0, O_ACCOUNT)
    if not move(book, row.sender, outside, row.rollup, row.asset_in, row.amount, TO_OUTSIDE):
        return POOR
    if not move(book, outside, row.sender, row.rollup, row.asset_out, out, TO_OUTSIDE):
        return POOR
    row.filled_in = row.amount
    row.filled_out = out
    return OK


@kernel
def _dispatch(book: Book, row: Row, time: float) -> int:
    kind = row.kind
    if kind == K_SWAP:
        return pools.swap(book, row, time)
    if kind == K_LIQUIDATE:
        return fixed_spread.liquidate(book, row)
    if kind == K_OUTSIDE:
        return _trade_outside(book, row)
    if kind == K_ORACLE:
        return oracle.post(book, row, time)
    if kind == K_DEPOSIT:
        return lending.deposit(book, row)
    if kind == K_WITHDRAW:
        return lending.withdraw(book, row)
    if kind == K_BORROW:
        return lending.borrow(book, row)
    if kind == K_REPAY:
        return lending.repay(book, row)
    if kind == K_ADD:
        return pools.add_liquidity(book, row)
    if kind == K_REMOVE:
        return pools.remove_liquidity(book, row)
    if kind == K_BRIDGE:
        return bridges.send(book, row)
    if kind == K_PAYMENT:
        return _pay(book, row)
    if kind == K_PERPETUAL:
        return perpetuals.trade(book, row)
    if kind == K_MARGIN_IN:
        return perpetuals.deposit(book, row)
    if kind == K_MARGIN_OUT:
        return perpetuals.withdraw(book, row)
    if kind == K_CLOSE_OUT:
        return close_out.liquidate(book, row)
    if kind == K_QUOTE:
        return perpetuals.set_spread(book, row)
    if kind == K_TAKE:
        return auctioning.take(book, row, time)
    if kind == K_BID:
        return auctioning.bid(book, row, time)
    if kind == K_SETTLE:
        return auctioning.settle(book, row, time)
    if kind == K_START:
        return auctioning.start(book, row, time)
    if kind == K_RESET:
        return auctioning.reset(book, row, time)
    return WRONG_VENUE


@kernel
def _charge(book: Book, row: Row, builder: int, operator: int) -> int:
    """Tip, to whoever built the block, and gas, to the operator."""
    if not row.tip >= 0.0:
        return BAD_AMOUNT
    if row.tip > 0.0 and not move(book, row.sender, builder, row.rollup, 0, row.tip, TIP):
        return POOR
    gas = get(book, ROLLUP, row.rollup, R_GAS)
    if gas > 0.0 and row.kind != K_ORACLE and not move(book, row.sender, operator, row.rollup, 0, gas, GAS):
        return POOR
    return OK


@kernel
def _attempt(book: Book, rows: Rows, first: int, last: int, time: float, builder: int, operator: int) -> int:
    """Execute rows[first:last] with their tips and gas, all or none; returns which failed, -1 if none did."""
    open_journal(book)
    failed = -1
    reason = OK
    for k in range(first, last):
        row = rows[k]
        row.filled_in = 0.0
        row.filled_out = 0.0
        if not (0 <= row.sender < length(book, ACCOUNT) and 0 <= row.rollup < rollups(book)):
            reason = WRONG_VENUE
        else:
            reason = _dispatch(book, row, time)
            if reason == OK:
                reason = _charge(book, row, builder, operator)
            if reason == OK and full(book):
                reason = TOO_LONG
        if reason != OK:
            failed = k
            undo(book)
            break
    for k in range(first, last):
        _finish(rows[k], reason if failed in (-1, k) else BUNDLE, time)
    return failed


@kernel
def _finish(row: Row, reason: int, time: float) -> None:
    row.reason = reason
    row.executed = time
    if reason == OK:
        row.status = FILLED
    else:
        row.status = REVERTED
        row.filled_in = 0.0
        row.filled_out = 0.0


@kernel
def _fallbacks(book: Book, rows: np.ndarray, first: int, last: int) -> None:
    """Note what carried swaps would return if they stood where the bundle stands: the measure of their loss."""
    for k in range(first, last):
        row = rows[k]
        if (
            row.carried
            and row.kind == K_SWAP
            and pools.trades(book, row.venue, row.rollup, row.asset_in, row.asset_out)
        ):
            reserve_in = pools.reserve(book, row.venue, row.asset_in)
            reserve_out = pools.reserve(book, row.venue, row.asset_out)
            row.fallback_out = pools.output(reserve_in, reserve_out, get(book, POOL, row.venue, P_FEE), row.amount)


@kernel
def _batch(book: Book, rows: Rows, first: int, last: int, time: float, builder: int, operator: int) -> None:
    """Swaps on one pool against each other and the pool, at one price: first everybody pays, then everybody is paid."""
    price = batch.clear(book, rows, first, last)
    if price > 0.0:
        batch.begin(book, rows[first].venue, time)
    for k in range(first, last):
        if rows[k].reason == OK:
            open_journal(book)
            batch.take(book, rows[k])
            _charge(book, rows[k], builder, operator)
    if price > 0.0:
        open_journal(book)
        batch.take_fee(book, rows, first, last, price)
    for k in range(first, last):
        if rows[k].reason == OK:
            open_journal(book)
            batch.give(book, rows[k], price)
        _finish(rows[k], rows[k].reason, time)


@kernel
def execute_block(book: Book, rows: Rows, time: float, builder: int, operator: int) -> None:
    """Execute the rows in order and write their receipts in place.

    Parameters
    ----------
    book
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
            _batch(book, rows, at, end, time, builder, operator)
        else:
            bundled = rows[at].bundle >= 0
            if bundled:
                _fallbacks(book, rows, at, end)
            if _attempt(book, rows, at, end, time, builder, operator) >= 0 and bundled:
                for k in range(at, end):
                    if rows[k].carried:
                        rows[k].fallback_out = 0.0
                        _attempt(book, rows, k, k + 1, time, builder, operator)
        at = end
