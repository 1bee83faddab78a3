"""Supplying a lending market with funds, taking them back with interest, and paying reserves to the treasury.

A supplier's claim is its shares times the market's supply index, which grows with the interest that borrowers owe. What
is paid out comes out of the cash that the market has: while everything is lent out, or lost, nobody is paid. Debt that
nobody covers is borne by whoever comes last.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.ledger import Why, move
from market.state.store import State, cell, get, index, length
from market.state.tables import Account
from market.venues.lending.rates import cash
from market.venues.lending.tables import LendingMarket, Supply

ROUNDING = 1e-12
"""Relative excess over one's claim, or over the market's cash, that counts as rounding."""


@njit(cache=True)
def supply_row(state: State, account: int, market: int) -> int:
    """Row of the table of supplies of one account in one market; -1 where the account cannot supply."""
    row = index(state, Account.supplier, account)
    return row * length(state, LendingMarket.rollup) + market if row >= 0 else -1


@njit(cache=True)
def claim(state: State, account: int, market: int) -> float:
    """What an account has in a market, with interest [debt asset]."""
    row = supply_row(state, account, market)
    return get(state, Supply.shares, row) * get(state, LendingMarket.supply_index, market) if row >= 0 else 0.0


@njit(cache=True)
def _refused(state: State, row: Row) -> int:
    """Reason why an intent names no market or no amount; 0: it does."""
    market = row.venue
    if market < 0 or market >= length(state, LendingMarket.rollup):
        return Reason.WRONG_VENUE
    if index(state, LendingMarket.rollup, market) != row.rollup:
        return Reason.WRONG_VENUE
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    return Reason.NONE


@njit(cache=True)
def _change(state: State, market: int, at: int, shares: float, principal: float) -> None:
    put(state, cell(state, Supply.shares, at), get(state, Supply.shares, at) + shares)
    put(state, cell(state, Supply.principal, at), get(state, Supply.principal, at) + principal)
    # the total is a running sum: rounding must not leave it below nothing
    total = max(0.0, get(state, LendingMarket.supplied, market) + shares)
    put(state, cell(state, LendingMarket.supplied, market), total)


@njit(cache=True)
def supply(state: State, row: Row, time: float) -> int:
    """Pay in funds to lend; only those may who have a row among the supplies."""
    wrong = _refused(state, row)
    if wrong != Reason.NONE:
        return wrong
    market, at = row.venue, supply_row(state, row.sender, row.venue)
    if at < 0:
        return Reason.NOT_ALLOWED
    account, asset = index(state, LendingMarket.account, market), index(state, LendingMarket.debt, market)
    if not move(state, row.sender, account, row.rollup, asset, row.amount, Why.SUPPLY):
        return Reason.INSUFFICIENT_BALANCE
    _change(state, market, at, row.amount / get(state, LendingMarket.supply_index, market), row.amount)
    row.filled_in = row.amount
    return Reason.NONE


@njit(cache=True)
def redeem(state: State, row: Row, time: float) -> int:
    """Take back one's funds with interest, of both the same share."""
    wrong = _refused(state, row)
    if wrong != Reason.NONE:
        return wrong
    market, at = row.venue, supply_row(state, row.sender, row.venue)
    if at < 0:
        return Reason.NOT_ALLOWED
    held = claim(state, row.sender, market)
    if row.amount > held * (1.0 + ROUNDING):
        return Reason.INSUFFICIENT_BALANCE
    share = min(1.0, row.amount / held)
    principal = share * get(state, Supply.principal, at)
    interest = max(0.0, share * held - principal)
    account, asset = index(state, LendingMarket.account, market), index(state, LendingMarket.debt, market)
    if not move(state, account, row.sender, row.rollup, asset, principal, Why.SUPPLY):
        return Reason.NO_LIQUIDITY
    if not move(state, account, row.sender, row.rollup, asset, interest, Why.INTEREST):
        return Reason.NO_LIQUIDITY
    _change(state, market, at, -share * get(state, Supply.shares, at), -principal)
    row.filled_out = principal + interest
    return Reason.NONE


@njit(cache=True)
def collect(state: State, row: Row, time: float) -> int:
    """Pay reserves to the rollup's treasury: at most `amount`, what there is, and the market's cash; anybody may."""
    wrong = _refused(state, row)
    if wrong != Reason.NONE:
        return wrong
    market = row.venue
    reserves = get(state, LendingMarket.reserves, market)
    paid = min(row.amount, reserves, cash(state, market))
    if paid <= 0.0:
        return Reason.NO_LIQUIDITY
    account, treasury = index(state, LendingMarket.account, market), index(state, LendingMarket.treasury, market)
    if not move(state, account, treasury, row.rollup, index(state, LendingMarket.debt, market), paid, Why.INTEREST):
        return Reason.NO_LIQUIDITY
    put(state, cell(state, LendingMarket.reserves, market), reserves - paid)
    return Reason.NONE
