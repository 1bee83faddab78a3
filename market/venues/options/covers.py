"""Covering calls: the underlying goes into the vault for the calls of one series, and comes back at their expiry.

Before that as much may be taken out as is not needed for calls that are owed, or offered by auction.
"""

from __future__ import annotations

from numba import float64, int64, njit

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.ledger import Why, move
from market.state.store import STATE, State, cell, get, index, length
from market.venues.options.rules import account_on, check_market, check_series, position_of, whole_steps
from market.venues.options.tables import Option, OptionMarket, OptionSale, Position


@njit(float64(STATE, int64, int64), cache=True)
def offered(state: State, account: int, series: int) -> float:
    """Calls of a series that an account offers in auctions which are open [options]."""
    total = 0.0
    for sale in range(length(state, OptionSale.market)):
        own = index(state, OptionSale.seller, sale) == account and index(state, OptionSale.series, sale) == series
        if own and get(state, OptionSale.open, sale) == 1.0:
            total += get(state, OptionSale.amount, sale)
    return total


@njit(float64(STATE, int64, int64), cache=True)
def free(state: State, account: int, series: int) -> float:
    """Cover of an account that no call of its needs, owed or on offer [units of the underlying]."""
    position = position_of(state, account, series)
    owed = max(-get(state, Position.quantity, position), 0.0)
    return get(state, Position.cover, position) - owed - offered(state, account, series)


@njit(cache=True)
def lock(state: State, row: Row, time: float) -> int:
    """Put `amount` units of the underlying, cut to whole steps, up for calls of a series that one owes or will owe."""
    wrong = check_market(state, row)
    if wrong == Reason.NONE:
        wrong = check_series(state, row, row.target, time)
    if wrong != Reason.NONE:
        return wrong
    account, amount = account_on(state, row.venue, row.sender), whole_steps(row.amount)
    if account < 0:
        return Reason.NOT_OWNER
    if get(state, Option.call, row.target) == 0.0:
        return Reason.NOT_ALLOWED
    if amount == 0.0:
        return Reason.BAD_AMOUNT
    vault, asset = index(state, OptionMarket.account, row.venue), index(state, OptionMarket.asset, row.venue)
    if not move(state, row.sender, vault, row.rollup, asset, amount, Why.OPTION_COVER):
        return Reason.INSUFFICIENT_BALANCE
    position = position_of(state, account, row.target)
    put(state, cell(state, Position.cover, position), get(state, Position.cover, position) + amount)
    row.asset_in, row.filled_in = asset, amount
    return Reason.NONE


@njit(cache=True)
def unlock(state: State, row: Row, time: float) -> int:
    """Take out up to `amount` units of cover, cut to whole steps: as far as no call needs them."""
    wrong = check_market(state, row)
    if wrong != Reason.NONE:
        return wrong
    first = index(state, OptionMarket.first_series, row.venue)
    if not first <= row.target < first + index(state, OptionMarket.series, row.venue):
        return Reason.WRONG_VENUE
    account = account_on(state, row.venue, row.sender)
    if account < 0:
        return Reason.NOT_OWNER
    amount = min(whole_steps(row.amount), free(state, account, row.target))
    if amount <= 0.0:
        return Reason.NO_LIQUIDITY
    vault, asset = index(state, OptionMarket.account, row.venue), index(state, OptionMarket.asset, row.venue)
    if not move(state, vault, row.sender, row.rollup, asset, amount, Why.OPTION_COVER):
        return Reason.NO_LIQUIDITY
    position = position_of(state, account, row.target)
    put(state, cell(state, Position.cover, position), get(state, Position.cover, position) - amount)
    row.asset_out, row.filled_out = asset, amount
    return Reason.NONE
