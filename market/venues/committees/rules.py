"""Committees of reporters: whoever has a bond reports, and the median of the fresh reports is the feed's price.

Of an even number of reports every price between the two in the middle is a median: the feed takes the one nearest to
the price in force, which is that price itself if it lies between them. So half of the reports move nothing beyond what
the others say, and a strict majority of the fresh ones moves the feed wherever it wants.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64, njit, types

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.ledger import Why, move
from market.state.store import STATE, State, cell, get, index, length
from market.venues.committees.tables import Committee, Reporter
from market.venues.oracles.tables import Feed


@njit(float64(float64[::1], float64), cache=True)
def median(prices: np.ndarray, standing: float) -> float:
    """Median of prices (n,), n at least 1, that is nearest to the standing price [USD]."""
    ordered = np.sort(prices)
    low, high = ordered[(ordered.size - 1) // 2], ordered[ordered.size // 2]
    return min(max(standing, low), high)


@njit(int64(int64), cache=True)
def majority(fresh: int) -> int:
    """How many of so many fresh reports decide what the median is, whatever the others say."""
    return fresh // 2 + 1


@njit(cache=True)
def known(state: State, row: Row) -> bool:
    """Whether an intent names a committee of its rollup."""
    if not 0 <= row.venue < length(state, Committee.rollup):
        return False
    return index(state, Committee.rollup, row.venue) == row.rollup


@njit(int64(STATE, int64, int64), cache=True)
def seat_of(state: State, committee: int, account: int) -> int:
    """Row of an account among the reporters of a committee; the first free one for -1. -1: there is none."""
    first = index(state, Committee.first, committee)
    for reporter in range(first, first + index(state, Committee.seats, committee)):
        if index(state, Reporter.owner, reporter) == account:
            return reporter
    return -1


@njit(types.Tuple((float64[::1], int64))(STATE, int64, float64), cache=True)
def fresh(state: State, committee: int, time: float) -> tuple[np.ndarray, int]:
    """Reports that count at a time [USD], and how many they are: the first so many of the array."""
    first, count = index(state, Committee.first, committee), 0
    found = np.zeros(index(state, Committee.seats, committee))
    for reporter in range(first, first + found.size):
        age = time - get(state, Reporter.reported_at, reporter)
        reported = get(state, Reporter.price, reporter) > 0.0 and age <= get(state, Committee.fresh, committee)
        if reported and time >= get(state, Reporter.barred_until, reporter):
            found[count] = get(state, Reporter.price, reporter)
            count += 1
    return found, count


@njit(cache=True)
def join(state: State, row: Row, time: float) -> int:
    """Add to one's bond, which must then be what is asked for; whoever has no seat takes the first free one."""
    if not known(state, row):
        return Reason.WRONG_VENUE
    if not 0.0 <= row.amount < np.inf:
        return Reason.BAD_AMOUNT
    reporter = seat_of(state, row.venue, row.sender)
    if reporter < 0:
        reporter = seat_of(state, row.venue, -1)
    if reporter < 0:
        return Reason.NOT_ALLOWED
    bond = get(state, Reporter.bond, reporter) + row.amount
    if bond < get(state, Committee.bond, row.venue):
        return Reason.BAD_AMOUNT
    account = index(state, Committee.account, row.venue)
    if not move(state, row.sender, account, row.rollup, 0, row.amount, Why.BOND):
        return Reason.INSUFFICIENT_BALANCE
    put(state, cell(state, Reporter.owner, reporter), row.sender)
    put(state, cell(state, Reporter.bond, reporter), bond)
    row.filled_in = row.amount
    return Reason.NONE


@njit(cache=True)
def leave(state: State, row: Row, time: float) -> int:
    """Give up one's seat for one's bond: after the verdict on one's last report, and with no offer open."""
    if not known(state, row):
        return Reason.WRONG_VENUE
    reporter = seat_of(state, row.venue, row.sender)
    if reporter < 0:
        return Reason.NOT_OWNER
    judged_at = get(state, Reporter.reported_at, reporter) + get(state, Committee.judged_after, row.venue)
    judged = get(state, Reporter.price, reporter) == 0.0 or time > judged_at
    if not judged or index(state, Reporter.briber, reporter) >= 0:
        return Reason.NOT_ALLOWED
    bond, account = get(state, Reporter.bond, reporter), index(state, Committee.account, row.venue)
    if not move(state, account, row.sender, row.rollup, 0, bond, Why.BOND):
        return Reason.NO_LIQUIDITY
    put(state, cell(state, Reporter.owner, reporter), -1.0)
    put(state, cell(state, Reporter.bond, reporter), 0.0)
    put(state, cell(state, Reporter.price, reporter), 0.0)
    put(state, cell(state, Reporter.barred_until, reporter), 0.0)
    row.filled_out = bond
    return Reason.NONE


@njit(cache=True)
def report(state: State, row: Row, time: float) -> int:
    """Take a report into account: it is paid for, counts at once, and moves the feed if there is a quorum."""
    if not known(state, row):
        return Reason.WRONG_VENUE
    committee, reporter = row.venue, seat_of(state, row.venue, row.sender)
    if reporter < 0:
        return Reason.NOT_OWNER
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    if get(state, Reporter.bond, reporter) < get(state, Committee.bond, committee):
        return Reason.NOT_ALLOWED
    if time < get(state, Reporter.barred_until, reporter):
        return Reason.NOT_ALLOWED
    feed = index(state, Committee.feed, committee)
    standing = get(state, Feed.price, feed)
    # a report on the very edge must not fail for rounding
    if abs(row.amount - standing) > get(state, Committee.band, committee) * standing * (1.0 + 1e-12):
        return Reason.LIMIT
    _pay(state, committee, reporter, time)
    if index(state, Reporter.briber, reporter) >= 0 and time <= get(state, Reporter.bribe_until, reporter):
        asked, down = get(state, Reporter.bribe_price, reporter), get(state, Reporter.bribe_down, reporter) == 1.0
        does = row.amount <= asked if down else row.amount >= asked
        put(state, cell(state, Reporter.delivered, reporter), 1.0 if does else 0.0)
    put(state, cell(state, Reporter.price, reporter), row.amount)
    put(state, cell(state, Reporter.reported_at, reporter), time)
    put(state, cell(state, Committee.reports, committee), get(state, Committee.reports, committee) + 1.0)
    prices, count = fresh(state, committee, time)
    if count >= index(state, Committee.quorum, committee):
        standing = median(prices[:count], standing)
        put(state, cell(state, Feed.price, feed), standing)
        put(state, cell(state, Feed.posted_at, feed), time)
    row.filled_in, row.filled_out = row.amount, standing
    return Reason.NONE


@njit(cache=True)
def _pay(state: State, committee: int, reporter: int, time: float) -> None:
    """Pay a reporter for the time in which its last report was fresh, or what is left of the fund."""
    if get(state, Reporter.price, reporter) == 0.0:
        return
    served = min(time - get(state, Reporter.reported_at, reporter), get(state, Committee.fresh, committee))
    fund = get(state, Committee.fund, committee)
    pay = min(get(state, Committee.income, committee) * served, fund)
    account, owner = index(state, Committee.account, committee), index(state, Reporter.owner, reporter)
    if pay > 0.0 and move(state, account, owner, index(state, Committee.rollup, committee), 0, pay, Why.REPORT):
        put(state, cell(state, Committee.fund, committee), fund - pay)
        put(state, cell(state, Reporter.earned, reporter), get(state, Reporter.earned, reporter) + pay)
