"""Ranges of a concentrated pool: liquidity between two ticks, and what it gained while the price was between them.

Liquidity L between prices a and b is worth, at the price p (brought between a and b), x = L (1/sqrt(p) - 1/sqrt(b)) of
the first asset and y = L (sqrt(p) - sqrt(a)) of the second (Adams et al. 2021, Uniswap v3 core, section 6). While the
price is inside it earns fees per share, and what swaps bring besides: value given less value taken at reference prices,
fees off. The latter is its loss-versus-rebalancing with the sign turned.

A range is named in an intent's `target` by one number, :func:`name`, which stands for its two ticks.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.ledger import Why, move
from market.state.store import State, balance, cell, get, index, length
from market.state.tables import Account
from market.venues.pools.curve import GAINS, concentrated, deepen
from market.venues.pools.tables import NO_TICK, Pool, Range, Tick
from market.venues.pools.ticks import MOST_TICK, inside, put_tick, root_now, root_of, take_tick, tick_of

_SPAN = 1 << 21


@njit(cache=True)
def name(lower: int, upper: int) -> int:
    """Return the number by which intents name the range between two ticks."""
    return (lower + MOST_TICK) * _SPAN + upper + MOST_TICK


@njit(cache=True)
def ends_of(target: int) -> tuple[int, int]:
    """Return the numbers of the ticks between which a named range lies."""
    return target // _SPAN - MOST_TICK, target % _SPAN - MOST_TICK


@njit(cache=True)
def amounts(liquidity: float, lower: float, upper: float, root: float) -> tuple[float, float]:
    """What a range holds of either asset, by the roots of its ends and of the price [units of the asset]."""
    at = min(max(root, lower), upper)
    return liquidity * (1.0 / at - 1.0 / upper), liquidity * (at - lower)


@njit(cache=True)
def range_of(state: State, pool: int, owner: int, lower: int, upper: int) -> int:
    """Row of a provider's range; -1 where there is none."""
    first = index(state, Pool.first_range, pool)
    for row in range(first, first + index(state, Pool.most_ranges, pool)):
        same = index(state, Range.lower, row) == lower and index(state, Range.upper, row) == upper
        if same and get(state, Range.liquidity, row) > 0.0 and index(state, Range.owner, row) == owner:
            return row
    return -1


@njit(cache=True)
def _relevel(state: State, pool: int) -> None:
    """Add up anew what liquidity there is above each tick: no sum that goes on for ever gathers rounding."""
    first, most = index(state, Pool.first_range, pool), index(state, Pool.most_ranges, pool)
    for tick in range(1 + 2 * first, 1 + 2 * (first + most)):
        if get(state, Tick.ends, tick) == 0.0:
            continue
        number, total = get(state, Tick.number, tick), 0.0
        for row in range(first, first + most):
            if get(state, Range.lower, row) <= number < get(state, Range.upper, row):
                total += get(state, Range.liquidity, row)
        put(state, cell(state, Tick.level, tick), total)
    below, ranged = index(state, Pool.below, pool), 0.0
    if below != NO_TICK:
        ranged = get(state, Tick.level, below)
    deepen(state, pool, get(state, Pool.everywhere, pool) + ranged)
    put(state, cell(state, Pool.changes, pool), get(state, Pool.changes, pool) + 1.0)


@njit(cache=True)
def pay(state: State, row: int) -> float:
    """Pay a range the fees owed since its last change; returns those of the pool's second asset [units]."""
    pool, owner = index(state, Range.pool, row), index(state, Range.owner, row)
    liquidity, paid = get(state, Range.liquidity, row), 0.0
    lower = tick_of(state, pool, index(state, Range.lower, row))
    upper = tick_of(state, pool, index(state, Range.upper, row))
    rollup, fees = index(state, Pool.rollup, pool), index(state, Pool.fee_account, pool)
    for which in range(GAINS):
        gained = inside(state, pool, lower, upper, which)
        owed = liquidity * (gained - get(state, Range.claimed + which, row))
        put(state, cell(state, Range.claimed + which, row), gained)
        if which < 2:
            asset = index(state, Pool.asset + which, pool)
            # the fee account is the sum of what is owed up to rounding, by which nothing may be a hair below nothing
            paid = min(max(owed, 0.0), balance(state, fees, rollup, asset))
            move(state, fees, owner, rollup, asset, paid, Why.POOL_FEE)
            put(state, cell(state, Range.fees + which, row), get(state, Range.fees + which, row) + paid)
            put(state, cell(state, Pool.paid_fees + which, pool), get(state, Pool.paid_fees + which, pool) + paid)
        else:
            put(state, cell(state, Range.marked, row), get(state, Range.marked, row) + owed)
            put(state, cell(state, Pool.paid_marked, pool), get(state, Pool.paid_marked, pool) + owed)
    return paid


@njit(cache=True)
def _wrong(state: State, row: Row) -> int:
    """Reason why an intent on a range is none, 0 if it is one."""
    pool = row.venue
    if pool < 0 or pool >= length(state, Pool.rollup) or index(state, Pool.rollup, pool) != row.rollup:
        return Reason.WRONG_VENUE
    if not concentrated(state, pool):
        return Reason.WRONG_VENUE
    if index(state, Account.provider, row.sender) < 0:
        return Reason.NOT_ALLOWED
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    lower, upper = ends_of(row.target)
    spacing = index(state, Pool.spacing, pool)
    if row.target < 0 or not -MOST_TICK <= lower < upper <= MOST_TICK or lower % spacing != 0 or upper % spacing != 0:
        return Reason.WRONG_VENUE
    return Reason.NONE


@njit(cache=True)
def _open(state: State, pool: int, owner: int, lower: int, upper: int) -> int:
    """Take a free row for a range without liquidity yet; -1 where there is none."""
    first = index(state, Pool.first_range, pool)
    row, end = first, first + index(state, Pool.most_ranges, pool)
    while row < end and get(state, Range.liquidity, row) > 0.0:
        row += 1
    if row == end:
        return -1
    low, high = put_tick(state, pool, lower), put_tick(state, pool, upper)
    put(state, cell(state, Range.pool, row), float(pool))
    put(state, cell(state, Range.owner, row), float(owner))
    put(state, cell(state, Range.lower, row), float(lower))
    put(state, cell(state, Range.upper, row), float(upper))
    for which in range(GAINS):
        put(state, cell(state, Range.claimed + which, row), inside(state, pool, low, high, which))
    for where in (cell(state, Range.fees, row), cell(state, Range.fees + 1, row), cell(state, Range.marked, row)):
        put(state, where, 0.0)
    return row


@njit(cache=True)
def mint(state: State, row: Row, time: float) -> int:
    """Provide `amount` of liquidity in a range, for at most `limit` of the second asset (0: any)."""
    wrong = _wrong(state, row)
    if wrong != Reason.NONE:
        return wrong
    pool, account = row.venue, index(state, Pool.account, row.venue)
    lower, upper = ends_of(row.target)
    first, second = amounts(row.amount, root_of(lower), root_of(upper), root_now(state, pool))
    if row.limit > 0.0 and second > row.limit:
        return Reason.LIMIT
    at = range_of(state, pool, row.sender, lower, upper)
    if at >= 0:
        pay(state, at)
    else:
        at = _open(state, pool, row.sender, lower, upper)
        if at < 0:
            return Reason.NO_LIQUIDITY
    for side in range(2):
        asset, amount = index(state, Pool.asset + side, pool), first if side == 0 else second
        if not move(state, row.sender, account, row.rollup, asset, amount, Why.LIQUIDITY):
            return Reason.INSUFFICIENT_BALANCE
    put(state, cell(state, Range.liquidity, at), get(state, Range.liquidity, at) + row.amount)
    _relevel(state, pool)
    row.filled_in, row.filled_out = row.amount, first
    return Reason.NONE


@njit(cache=True)
def burn(state: State, row: Row, time: float) -> int:
    """Take `amount` of liquidity out of one's range, with all fees owed."""
    wrong = _wrong(state, row)
    if wrong != Reason.NONE:
        return wrong
    pool, account = row.venue, index(state, Pool.account, row.venue)
    lower, upper = ends_of(row.target)
    at = range_of(state, pool, row.sender, lower, upper)
    if at < 0:
        return Reason.NOT_OWNER
    rest = get(state, Range.liquidity, at) - row.amount
    if rest < 0.0:
        return Reason.INSUFFICIENT_BALANCE
    pay(state, at)
    first, second = amounts(row.amount, root_of(lower), root_of(upper), root_now(state, pool))
    for side in range(2):
        asset, amount = index(state, Pool.asset + side, pool), first if side == 0 else second
        # what all ranges hold is what the pool does, up to rounding
        amount = min(amount, balance(state, account, row.rollup, asset))
        move(state, account, row.sender, row.rollup, asset, amount, Why.LIQUIDITY)
    put(state, cell(state, Range.liquidity, at), rest)
    if rest == 0.0:
        take_tick(state, pool, tick_of(state, pool, lower))
        take_tick(state, pool, tick_of(state, pool, upper))
    _relevel(state, pool)
    row.filled_in, row.filled_out = row.amount, first
    return Reason.NONE


@njit(cache=True)
def collect(state: State, row: Row, time: float) -> int:
    """Pay the fees owed to one's range; `amount` is the liquidity that it is to have at least."""
    wrong = _wrong(state, row)
    if wrong != Reason.NONE:
        return wrong
    lower, upper = ends_of(row.target)
    at = range_of(state, row.venue, row.sender, lower, upper)
    if at < 0:
        return Reason.NOT_OWNER
    if row.amount > get(state, Range.liquidity, at):
        return Reason.INSUFFICIENT_BALANCE
    row.filled_in, row.filled_out = row.amount, pay(state, at)
    return Reason.NONE
