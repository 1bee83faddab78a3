"""Clearing a batch of swaps on one pool at one price, which :mod:`market.venues.pools.clearing` finds.

Buyers give B of the second asset, sellers S of the first. Everybody trades at p; what crosses pays no fee, what the
pool trades pays the pool's. p rises with B and falls with S. A swap takes part where its limit allows p; one that would
move the price past its own limit stays out. Derived from the pool rule.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.costs import fees as intent_fees
from market.intents.rows import BATCHED, Reason, Row, Rows
from market.state.journal import open_journal, put
from market.state.ledger import Why, move
from market.state.store import State, balance, cell, get, index, length, rollups
from market.state.tables import Account
from market.venues.pools.clearing import STEPS, clearing_price
from market.venues.pools.curve import accumulate_price, concentrated, reserve, trades, walk
from market.venues.pools.tables import Pool

ROUNDING = 1e-12
"""Relative amount below which what is left on one side is rounding."""


@njit(cache=True)
def _fits(row: Row, second: int, price: float) -> bool:
    """Whether a price is within a swap's limit."""
    out = row.amount / price if row.asset_in == second else row.amount * price
    return out >= row.limit


@njit(cache=True)
def _sums(rows: Rows, first: int, last: int, second: int) -> tuple[float, float]:
    """Inputs (B, S) of the rows that take part."""
    bought, sold = 0.0, 0.0
    for k in range(first, last):
        if rows[k].reason == Reason.NONE:
            if rows[k].asset_in == second:
                bought += rows[k].amount
            else:
                sold += rows[k].amount
    return bought, sold


@njit(cache=True)
def _exclude(rows: Rows, first: int, last: int, second: int, low: float, high: float) -> None:
    """Leave out whoever does not accept every price of the bracket."""
    for k in range(first, last):
        if rows[k].reason == Reason.NONE and not (_fits(rows[k], second, low) and _fits(rows[k], second, high)):
            rows[k].reason = Reason.LIMIT


@njit(cache=True)
def _bracket(state: State, rows: Rows, first: int, last: int, pool: int, second: int) -> tuple[float, float]:
    """Narrowest bracket of the price at which whoever accepts it brings it about.

    The price that the accepting swaps bring about falls with the price they are asked to accept: fewer buy, more sell.
    """
    bought, sold = _sums(rows, first, last, second)
    # nobody can push the price beyond where all of one side and none of the other would
    low, high = clearing_price(state, pool, 0.0, sold), clearing_price(state, pool, bought, 0.0)
    for _ in range(STEPS):
        middle = np.sqrt(low * high)
        if not low < middle < high:
            break
        bought, sold = 0.0, 0.0
        for k in range(first, last):
            if rows[k].reason == Reason.NONE and _fits(rows[k], second, middle):
                if rows[k].asset_in == second:
                    bought += rows[k].amount
                else:
                    sold += rows[k].amount
        if clearing_price(state, pool, bought, sold) > middle:
            low = middle
        else:
            high = middle
    return low, high


@njit(cache=True)
def _drop_worst(state: State, rows: Rows, first: int, last: int, pool: int, second: int) -> float:
    """Leave out whoever the price exceeds most, one by one, until all accept it; returns the price."""
    while True:
        bought, sold = _sums(rows, first, last, second)
        price = clearing_price(state, pool, bought, sold)
        worst, excess = -1, 0.0
        for k in range(first, last):
            if rows[k].reason == Reason.NONE and not _fits(rows[k], second, price):
                out = rows[k].amount / price if rows[k].asset_in == second else rows[k].amount * price
                if worst < 0 or rows[k].limit / out > excess:
                    worst, excess = k, rows[k].limit / out
        if worst < 0:
            return price
        rows[worst].reason = Reason.LIMIT


@njit(cache=True)
def _admit_more(state: State, rows: Rows, first: int, last: int, pool: int, second: int, price: float) -> float:
    """Let in, in the order given, whoever accepts the price and leaves it acceptable to all; returns the price."""
    again = True
    while again:
        again = False
        for k in range(first, last):
            if rows[k].reason != Reason.LIMIT or not _fits(rows[k], second, price):
                continue
            rows[k].reason = Reason.NONE
            bought, sold = _sums(rows, first, last, second)
            moved = clearing_price(state, pool, bought, sold)
            for j in range(first, last):
                if rows[j].reason == Reason.NONE and not _fits(rows[j], second, moved):
                    rows[k].reason = Reason.LIMIT
                    break
            if rows[k].reason == Reason.NONE:
                price, again = moved, True
    return price


@njit(cache=True)
def _check(state: State, rows: Rows, first: int, k: int) -> int:
    """Reason why a swap cannot take part whatever the price, 0 if it can: its sender must have input, tip and gas."""
    row = rows[k]
    if not (0 <= row.sender < length(state, Account.group) and 0 <= row.rollup < rollups(state)):
        return Reason.WRONG_VENUE
    if not trades(state, row.venue, row.rollup, row.asset_in, row.asset_out):
        return Reason.WRONG_VENUE
    if not (row.amount > 0.0 and np.isfinite(row.amount) and row.tip >= 0.0):
        return Reason.BAD_AMOUNT
    if index(state, Account.open, row.sender) != 0:
        return Reason.NONE
    given, fees = 0.0, 0.0
    for j in range(first, k + 1):
        if rows[j].sender == row.sender and (j == k or rows[j].reason == Reason.NONE):
            fees += rows[j].tip + intent_fees(state, row)
            if rows[j].asset_in == row.asset_in:
                given += rows[j].amount
            elif rows[j].asset_in == 0:
                fees += rows[j].amount
    if row.asset_in == 0:
        given += fees
        fees = 0.0
    # what is taken one by one may by rounding come to more than the sum
    if given * (1.0 + ROUNDING) > balance(state, row.sender, row.rollup, row.asset_in):
        return Reason.INSUFFICIENT_BALANCE
    return (
        Reason.NONE
        if fees * (1.0 + ROUNDING) <= balance(state, row.sender, row.rollup, 0)
        else Reason.INSUFFICIENT_BALANCE
    )


@njit(cache=True)
def clear(state: State, rows: Rows, first: int, last: int) -> float:
    """Find who takes part and the price; `reason` of each of rows[first:last] says who does (0).

    All rows name one pool of one rollup. Returns 0 where the pool cannot trade.
    """
    pool = -1
    for k in range(first, last):
        rows[k].reason = _check(state, rows, first, k)
        if rows[k].reason == Reason.NONE:
            pool = rows[k].venue
    if pool < 0:
        return 0.0
    second = index(state, Pool.asset + 1, pool)
    first_asset = index(state, Pool.asset, pool)
    if reserve(state, pool, first_asset) <= 0.0 or reserve(state, pool, second) <= 0.0:
        for k in range(first, last):
            if rows[k].reason == Reason.NONE:
                rows[k].reason = Reason.NO_LIQUIDITY
        return 0.0
    low, high = _bracket(state, rows, first, last, pool, second)
    _exclude(rows, first, last, second, low, high)
    price = _drop_worst(state, rows, first, last, pool, second)
    return _admit_more(state, rows, first, last, pool, second, price)


@njit(cache=True)
def take(state: State, row: Row) -> None:
    """Move a participant's input to the pool; `clear` has seen to it that it is there."""
    move(state, row.sender, index(state, Pool.account, row.venue), row.rollup, row.asset_in, row.amount, Why.SWAP)


@njit(cache=True)
def give(state: State, row: Row, price: float) -> None:
    """Pay a participant the output at the uniform price and write it on the receipt."""
    second = index(state, Pool.asset + 1, row.venue)
    out = row.amount / price if row.asset_in == second else row.amount * price
    account = index(state, Pool.account, row.venue)
    # all outputs together are what the pool owes; the last may exceed what is there by rounding
    out = min(out, balance(state, account, row.rollup, row.asset_out))
    move(state, account, row.sender, row.rollup, row.asset_out, out, Why.SWAP)
    row.filled_in = row.amount
    row.filled_out = out


@njit(cache=True)
def left_over(rows: Rows, first: int, last: int, second: int, price: float) -> float:
    """What the buyers' side has left over [second asset]; below 0: the sellers' side; 0 within rounding."""
    bought, sold = _sums(rows, first, last, second)
    left = bought - sold * price
    return left if abs(left) > ROUNDING * bought else 0.0


@njit(cache=True)
def take_fee(state: State, rows: Rows, first: int, last: int, price: float) -> None:
    """Put the pool's fee on what it trades aside for its providers; call it between `take` and `give`."""
    pool = rows[first].venue
    second = index(state, Pool.asset + 1, pool)
    left = left_over(rows, first, last, second, price)
    asset = second if left > 0.0 else index(state, Pool.asset, pool)
    given = left if left > 0.0 else -left / price
    fee = get(state, Pool.fee, pool) * given
    if given > 0.0 and concentrated(state, pool):
        walk(state, pool, 1 if asset == second else 0, given - fee, True)
    if fee <= 0.0:
        return
    account, fees = index(state, Pool.account, pool), index(state, Pool.fee_account, pool)
    shares = get(state, Pool.shares, pool)
    if (
        move(state, account, fees, rows[first].rollup, asset, fee, Why.POOL_FEE)
        and shares > 0.0
        and not concentrated(state, pool)
    ):
        growth = (Pool.growth + 1) if asset == second else Pool.growth
        put(state, cell(state, growth, pool), get(state, growth, pool) + fee / shares)


@njit(cache=True)
def begin(state: State, pool: int, time: float) -> None:
    """Note the price up to now before the pool's reserves change."""
    open_journal(state)
    accumulate_price(state, pool, time)


@njit(cache=True)
def end_of(rows: Rows, first: int) -> int:
    """End of the stretch of batched swaps on one pool that begins at `first`."""
    last = first + 1
    while (
        last < rows.size
        and rows[last].carried == BATCHED
        and rows[last].venue == rows[first].venue
        and rows[last].rollup == rows[first].rollup
    ):
        last += 1
    return last


@njit(cache=True)
def fee_taken(state: State, rows: Rows, first: int) -> tuple[int, float]:
    """Asset and amount of the fee that the pool took of the executed stretch that begins at `first`."""
    last = end_of(rows, first)
    for k in range(first, last):
        if rows[k].reason == Reason.NONE and rows[k].filled_in > 0.0:
            second = index(state, Pool.asset + 1, rows[k].venue)
            price = rows[k].filled_in / rows[k].filled_out
            if rows[k].asset_in != second:
                price = 1.0 / price
            left = left_over(rows, first, last, second, price)
            rate = get(state, Pool.fee, rows[k].venue)
            return (
                (second, rate * left) if left > 0.0 else (index(state, Pool.asset, rows[k].venue), -rate * left / price)
            )
    return 0, 0.0
