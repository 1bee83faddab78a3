"""Clearing a batch of swaps on one pool at one price.

With a constant-product pool of reserves (x, y), fee f and phi = 1 - f, buyers who give B of the second asset and
sellers who give S of the first clear at the price p (second per first) at which the pool, for what is left on one
side, trades along its curve at p on average, fee included:

- left on the buyers' side, d = B - S p >= 0: the pool returns x phi d / (y + phi d) = d / p, so p = (y + phi B) /
  (phi (x + S));
- left on the sellers' side: likewise p = phi (y + B) / (x + phi S);
- between the two the sides match, p = B / S, and the pool does not trade.

Everybody trades at p; what crosses pays no fee, what the pool trades pays the pool's. p rises with B and falls with
S. A swap takes part where its limit allows p; one that would move the price past its own limit stays out. Derived
from the pool rule.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents import BATCHED, Reason, Row, Rows
from market.ledger import Why, move, open_journal, put
from market.state import (
    A_OPEN,
    ACCOUNT,
    P_ACCOUNT,
    P_ASSET0,
    P_ASSET1,
    P_FEE,
    P_FEE_ACCOUNT,
    P_GROWTH0,
    P_GROWTH1,
    P_SHARES,
    POOL,
    R_GAS,
    ROLLUP,
    Book,
    balance,
    cell,
    get,
    index,
    length,
    rollups,
)
from market.venues.pools import accumulate_price, reserve, trades

OK, BAD_AMOUNT, POOR = int(Reason.NONE), int(Reason.BAD_AMOUNT), int(Reason.INSUFFICIENT_BALANCE)
LIMIT, WRONG_VENUE, NO_LIQUIDITY = int(Reason.LIMIT), int(Reason.WRONG_VENUE), int(Reason.NO_LIQUIDITY)
SWAP, POOL_FEE = int(Why.SWAP), int(Why.POOL_FEE)
STEPS = 128
"""Halvings of the bracket of the price: more than a double has bits."""
ROUNDING = 1e-12
"""Relative amount below which what is left on one side is rounding."""


@njit(cache=True)
def price_of(x: float, y: float, fee: float, bought: float, sold: float) -> float:
    """Clearing price [second asset per first] of the inputs B = `bought` (second asset) and S = `sold` (first)."""
    phi = 1.0 - fee
    high = (y + phi * bought) / (phi * (x + sold))
    if bought >= sold * high:
        return high
    low = phi * (y + bought) / (x + phi * sold)
    if bought <= sold * low:
        return low
    return bought / sold


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
        if rows[k].reason == OK:
            if rows[k].asset_in == second:
                bought += rows[k].amount
            else:
                sold += rows[k].amount
    return bought, sold


@njit(cache=True)
def _exclude(rows: Rows, first: int, last: int, second: int, low: float, high: float) -> None:
    """Leave out whoever does not accept every price of the bracket."""
    for k in range(first, last):
        if rows[k].reason == OK and not (_fits(rows[k], second, low) and _fits(rows[k], second, high)):
            rows[k].reason = LIMIT


@njit(cache=True)
def _bracket(rows: Rows, first: int, last: int, second: int, x: float, y: float, fee: float) -> tuple[float, float]:
    """Narrowest bracket of the price at which whoever accepts it brings it about.

    The price that the accepting swaps bring about falls with the price they are asked to accept: fewer buy, more sell.
    """
    bought, sold = _sums(rows, first, last, second)
    # nobody can push the price beyond where all of one side and none of the other would
    low, high = price_of(x, y, fee, 0.0, sold), price_of(x, y, fee, bought, 0.0)
    for _ in range(STEPS):
        middle = np.sqrt(low * high)
        if not low < middle < high:
            break
        bought, sold = 0.0, 0.0
        for k in range(first, last):
            if rows[k].reason == OK and _fits(rows[k], second, middle):
                if rows[k].asset_in == second:
                    bought += rows[k].amount
                else:
                    sold += rows[k].amount
        if price_of(x, y, fee, bought, sold) > middle:
            low = middle
        else:
            high = middle
    return low, high


@njit(cache=True)
def _drop_worst(rows: Rows, first: int, last: int, second: int, x: float, y: float, fee: float) -> float:
    """Leave out whoever the price exceeds most, one by one, until all accept it; returns the price."""
    while True:
        bought, sold = _sums(rows, first, last, second)
        price = price_of(x, y, fee, bought, sold)
        worst, excess = -1, 0.0
        for k in range(first, last):
            if rows[k].reason == OK and not _fits(rows[k], second, price):
                out = rows[k].amount / price if rows[k].asset_in == second else rows[k].amount * price
                if worst < 0 or rows[k].limit / out > excess:
                    worst, excess = k, rows[k].limit / out
        if worst < 0:
            return price
        rows[worst].reason = LIMIT


@njit(cache=True)
def _admit_more(rows: Rows, first: int, last: int, second: int, x: float, y: float, fee: float, price: float) -> float:
    """Let in, in the order given, whoever accepts the price and leaves it acceptable to all; returns the price."""
    again = True
    while again:
        again = False
        for k in range(first, last):
            if rows[k].reason != LIMIT or not _fits(rows[k], second, price):
                continue
            rows[k].reason = OK
            bought, sold = _sums(rows, first, last, second)
            moved = price_of(x, y, fee, bought, sold)
            for j in range(first, last):
                if rows[j].reason == OK and not _fits(rows[j], second, moved):
                    rows[k].reason = LIMIT
                    break
            if rows[k].reason == OK:
                price, again = moved, True
    return price


@njit(cache=True)
def _check(book: Book, rows: Rows, first: int, k: int) -> int:
    """Reason why a swap cannot take part whatever the price, 0 if it can: its sender must have input, tip and gas."""
    row = rows[k]
    if not (0 <= row.sender < length(book, ACCOUNT) and 0 <= row.rollup < rollups(book)):
        return WRONG_VENUE
    if not trades(book, row.venue, row.rollup, row.asset_in, row.asset_out):
        return WRONG_VENUE
    if not (row.amount > 0.0 and np.isfinite(row.amount) and row.tip >= 0.0):
        return BAD_AMOUNT
    if index(book, ACCOUNT, row.sender, A_OPEN) != 0:
        return OK
    given, fees = 0.0, 0.0
    for j in range(first, k + 1):
        if rows[j].sender == row.sender and (j == k or rows[j].reason == OK):
            fees += rows[j].tip + get(book, ROLLUP, row.rollup, R_GAS)
            if rows[j].asset_in == row.asset_in:
                given += rows[j].amount
            elif rows[j].asset_in == 0:
                fees += rows[j].amount
    if row.asset_in == 0:
        given += fees
        fees = 0.0
    # what is taken one by one may by rounding come to more than the sum
    if given * (1.0 + ROUNDING) > balance(book, row.sender, row.rollup, row.asset_in):
        return POOR
    return OK if fees * (1.0 + ROUNDING) <= balance(book, row.sender, row.rollup, 0) else POOR


@njit(cache=True)
def clear(book: Book, rows: Rows, first: int, last: int) -> float:
    """Find who takes part and the price; `reason` of each of rows[first:last] says who does (0).

    All rows name one pool of one rollup. Returns 0 where the pool cannot trade.
    """
    pool = -1
    for k in range(first, last):
        rows[k].reason = _check(book, rows, first, k)
        if rows[k].reason == OK:
            pool = rows[k].venue
    if pool < 0:
        return 0.0
    second = index(book, POOL, pool, P_ASSET1)
    x, y = reserve(book, pool, index(book, POOL, pool, P_ASSET0)), reserve(book, pool, second)
    if x <= 0.0 or y <= 0.0:
        for k in range(first, last):
            if rows[k].reason == OK:
                rows[k].reason = NO_LIQUIDITY
        return 0.0
    fee = get(book, POOL, pool, P_FEE)
    low, high = _bracket(rows, first, last, second, x, y, fee)
    _exclude(rows, first, last, second, low, high)
    price = _drop_worst(rows, first, last, second, x, y, fee)
    return _admit_more(rows, first, last, second, x, y, fee, price)


@njit(cache=True)
def take(book: Book, row: Row) -> None:
    """Move a participant's input to the pool; `clear` has seen to it that it is there."""
    move(book, row.sender, index(book, POOL, row.venue, P_ACCOUNT), row.rollup, row.asset_in, row.amount, SWAP)


@njit(cache=True)
def give(book: Book, row: Row, price: float) -> None:
    """Pay a participant the output at the uniform price and write it on the receipt."""
    second = index(book, POOL, row.venue, P_ASSET1)
    out = row.amount / price if row.asset_in == second else row.amount * price
    account = index(book, POOL, row.venue, P_ACCOUNT)
    # all outputs together are what the pool owes; the last may exceed what is there by rounding
    out = min(out, balance(book, account, row.rollup, row.asset_out))
    move(book, account, row.sender, row.rollup, row.asset_out, out, SWAP)
    row.filled_in = row.amount
    row.filled_out = out


@njit(cache=True)
def left_over(rows: Rows, first: int, last: int, second: int, price: float) -> float:
    """What the buyers' side has left over [second asset]; below 0: the sellers' side; 0 within rounding."""
    bought, sold = _sums(rows, first, last, second)
    left = bought - sold * price
    return left if abs(left) > ROUNDING * bought else 0.0


@njit(cache=True)
def take_fee(book: Book, rows: Rows, first: int, last: int, price: float) -> None:
    """Put the pool's fee on what it trades aside for its providers; call it between `take` and `give`."""
    pool = rows[first].venue
    second = index(book, POOL, pool, P_ASSET1)
    left = left_over(rows, first, last, second, price)
    asset = second if left > 0.0 else index(book, POOL, pool, P_ASSET0)
    fee = get(book, POOL, pool, P_FEE) * (left if left > 0.0 else -left / price)
    if fee <= 0.0:
        return
    account, fees = index(book, POOL, pool, P_ACCOUNT), index(book, POOL, pool, P_FEE_ACCOUNT)
    shares = get(book, POOL, pool, P_SHARES)
    if move(book, account, fees, rows[first].rollup, asset, fee, POOL_FEE) and shares > 0.0:
        growth = P_GROWTH1 if asset == second else P_GROWTH0
        put(book, cell(book, POOL, pool, growth), get(book, POOL, pool, growth) + fee / shares)


@njit(cache=True)
def begin(book: Book, pool: int, time: float) -> None:
    """Note the price up to now before the pool's reserves change."""
    open_journal(book)
    accumulate_price(book, pool, time)


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
def fee_taken(book: Book, rows: Rows, first: int) -> tuple[int, float]:
    """Asset and amount of the fee that the pool took of the executed stretch that begins at `first`."""
    last = end_of(rows, first)
    for k in range(first, last):
        if rows[k].reason == OK and rows[k].filled_in > 0.0:
            second = index(book, POOL, rows[k].venue, P_ASSET1)
            price = rows[k].filled_in / rows[k].filled_out
            if rows[k].asset_in != second:
                price = 1.0 / price
            left = left_over(rows, first, last, second, price)
            rate = get(book, POOL, rows[k].venue, P_FEE)
            return (
                (second, rate * left)
                if left > 0.0
                else (index(book, POOL, rows[k].venue, P_ASSET0), -rate * left / price)
            )
    return 0, 0.0
