"""Offers to pay a reporter for a price: the money lies with the committee, and goes to whoever it turns out to be due.

An offer names a price and a time, its expiry. If at that time the reporter's last report is that price or one beyond
it, made since the offer, the reporter is paid; else the money goes back. A reporter has one offer at a time.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.ledger import Why, move
from market.state.store import State, cell, get, index
from market.venues.committees.rules import known
from market.venues.committees.tables import Committee, Reporter
from market.venues.oracles.tables import Feed


@njit(cache=True)
def _named(state: State, row: Row) -> bool:
    """Whether an intent names a committee of its rollup and one of its seats that is taken."""
    if not known(state, row):
        return False
    at = row.target - index(state, Committee.first, row.venue)
    return 0 <= at < index(state, Committee.seats, row.venue) and index(state, Reporter.owner, row.target) >= 0


@njit(cache=True)
def offer(state: State, row: Row, time: float) -> int:
    """Put up money for a report of the limit, or beyond it as seen from the price in force."""
    if not _named(state, row):
        return Reason.WRONG_VENUE
    if not (row.amount > 0.0 and np.isfinite(row.amount) and row.limit > 0.0 and np.isfinite(row.limit)):
        return Reason.BAD_AMOUNT
    if not time < row.expiry < np.inf:
        return Reason.CLOSED
    if index(state, Reporter.briber, row.target) >= 0 or index(state, Reporter.owner, row.target) == row.sender:
        return Reason.NOT_ALLOWED
    account = index(state, Committee.account, row.venue)
    if not move(state, row.sender, account, row.rollup, 0, row.amount, Why.BRIBE):
        return Reason.INSUFFICIENT_BALANCE
    standing = get(state, Feed.price, index(state, Committee.feed, row.venue))
    put(state, cell(state, Reporter.briber, row.target), row.sender)
    put(state, cell(state, Reporter.bribe, row.target), row.amount)
    put(state, cell(state, Reporter.bribe_price, row.target), row.limit)
    put(state, cell(state, Reporter.bribe_down, row.target), 1.0 if row.limit < standing else 0.0)
    put(state, cell(state, Reporter.bribe_until, row.target), row.expiry)
    put(state, cell(state, Reporter.delivered, row.target), 0.0)
    row.filled_in = row.amount
    return Reason.NONE


@njit(cache=True)
def close(state: State, row: Row, time: float) -> int:
    """End an offer whose time is over; either side may, and the money goes where it is due."""
    if not _named(state, row):
        return Reason.WRONG_VENUE
    briber, owner = index(state, Reporter.briber, row.target), index(state, Reporter.owner, row.target)
    if briber < 0:
        return Reason.CLOSED
    if row.sender not in (briber, owner):
        return Reason.NOT_OWNER
    if time <= get(state, Reporter.bribe_until, row.target):
        return Reason.NOT_ALLOWED
    amount, earned = get(state, Reporter.bribe, row.target), get(state, Reporter.delivered, row.target) == 1.0
    account = index(state, Committee.account, row.venue)
    if not move(state, account, owner if earned else briber, row.rollup, 0, amount, Why.BRIBE):
        return Reason.NO_LIQUIDITY
    if earned:
        put(state, cell(state, Committee.bribes, row.venue), get(state, Committee.bribes, row.venue) + amount)
        put(state, cell(state, Committee.bribed, row.venue), get(state, Committee.bribed, row.venue) + 1.0)
        put(state, cell(state, Reporter.bribes, row.target), get(state, Reporter.bribes, row.target) + amount)
    put(state, cell(state, Reporter.briber, row.target), -1.0)
    put(state, cell(state, Reporter.bribe, row.target), 0.0)
    put(state, cell(state, Reporter.delivered, row.target), 0.0)
    row.filled_out = amount
    return Reason.NONE
