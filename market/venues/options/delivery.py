"""What is paid at an expiry in the underlying: calls that are covered, out of their cover.

Whoever owes covered calls in the money pays as many units of the underlying as are worth what the calls bring, at the
price that they are paid at; those who hold the series have them in place of money, in proportion to what they are to
be paid. All other cover goes back to whose it is. Not journalled: time is nobody's intent.
"""

from __future__ import annotations

from numba import boolean, float64, int64, njit, types, void

from market.state.ledger import Why, transfer, within
from market.state.store import STATE, State, cell, get, index
from market.venues.options.covering import covered
from market.venues.options.payments import payment_of
from market.venues.options.rules import position_of
from market.venues.options.tables import Expiry, Option, OptionAccount, OptionMarket, Position


@njit(void(STATE, int64, int64, float64), cache=True)
def _hand_out(state: State, market: int, account: int, units: float) -> None:
    """Move units of the underlying from the vault to whoever has an account."""
    vault, asset = index(state, OptionMarket.account, market), index(state, OptionMarket.asset, market)
    rollup, owner = index(state, OptionMarket.rollup, market), index(state, OptionAccount.owner, account)
    transfer(state, vault, owner, rollup, asset, within(state, vault, rollup, asset, units), Why.OPTION_COVER)


@njit(types.UniTuple(float64, 2)(STATE, int64, int64), cache=True)
def _covered_and_held(state: State, market: int, series: int) -> tuple[float, float]:
    """What covered calls of a series are to bring, and what all who hold it are to be paid [USD]."""
    paid, received = 0.0, 0.0
    first = index(state, OptionMarket.first_account, market)
    for account in range(first, first + index(state, OptionMarket.accounts, market)):
        position, payment = position_of(state, account, series), payment_of(state, account, series)
        if payment > 0.0:
            received += payment
        elif payment < 0.0:
            paid += payment / get(state, Position.quantity, position) * covered(state, position)
    return paid, received


@njit(boolean(STATE, int64, int64), cache=True)
def _any_cover(state: State, market: int, series: int) -> bool:
    """Whether anybody has cover for a series."""
    first = index(state, OptionMarket.first_account, market)
    for account in range(first, first + index(state, OptionMarket.accounts, market)):
        if get(state, Position.cover, position_of(state, account, series)) > 0.0:
            return True
    return False


@njit(float64(STATE, int64, int64), cache=True)
def _deliver_series(state: State, market: int, series: int) -> float:
    """Pay what is covered of a series in the underlying, give back what cover is left, and return the first [USD]."""
    paid, received = _covered_and_held(state, market, series)
    fixed = get(state, Expiry.fixed, index(state, Option.expiry, series))
    first = index(state, OptionMarket.first_account, market)
    for account in range(first, first + index(state, OptionMarket.accounts, market)):
        position, payment, mine = position_of(state, account, series), payment_of(state, account, series), 0.0
        cover = get(state, Position.cover, position)
        if payment > 0.0 and paid > 0.0:
            mine = payment * paid / received
            _hand_out(state, market, account, mine / fixed)
        elif payment < 0.0 and cover > 0.0:
            mine = payment / get(state, Position.quantity, position) * covered(state, position)
            cover, mine = cover - mine / fixed, -mine
        if cover > 0.0:
            _hand_out(state, market, account, cover)
        state.cells[cell(state, Position.cover, position)] = 0.0
        state.cells[cell(state, OptionAccount.delivered, account)] += mine
    return paid


@njit(float64(STATE, int64), cache=True)
def deliver(state: State, expiry: int) -> float:
    """Pay what is covered of an expiry, and note by account what is not to be paid in money; returns it all [USD]."""
    market, total = index(state, Expiry.market, expiry), 0.0
    first = index(state, OptionMarket.first_account, market)
    for account in range(first, first + index(state, OptionMarket.accounts, market)):
        state.cells[cell(state, OptionAccount.delivered, account)] = 0.0
    first = index(state, Expiry.first_series, expiry)
    for series in range(first, first + index(state, Expiry.series, expiry)):
        if _any_cover(state, market, series):
            total += _deliver_series(state, market, series)
    return total
