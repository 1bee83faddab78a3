"""Covered calls sold by sealed auction at one price.

Whoever has cover offers calls of a series down to a reserve price, until a time. Bidders put up money and name a price
each, which nobody is shown; a bid is for as many calls as its money buys at its price, and stands in place of the
bidder's earlier one. Once the time is over anybody may have the bids opened: the highest are served, of equal ones the
earliest first, and all pay the same price: that of the lowest bid that is served if everything is sold, else the
reserve. What is not sold stays with its cover; what a bidder does not pay goes back to its margin.

Source: the form is that of Gnosis Auction (EasyAuction), by which option vaults such as Ribbon's sold their calls: one
clearing price, that of the marginal bid, or the least price where not all is sold. There bids are public.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, njit, types, void

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.store import STATE, State, cell, get, index, length
from market.venues.options.covers import free
from market.venues.options.rules import (
    LARGEST,
    account_on,
    check_market,
    check_series,
    margin_of,
    set_cash,
    shift,
    stands,
    whole_steps,
)
from market.venues.options.tables import Option, OptionAccount, OptionBid, OptionMarket, OptionSale


@njit(int64(STATE, int64), cache=True)
def _free_row(state: State, market: int) -> int:
    """Row of a market's sales in which none is open; -1 for none."""
    for sale in range(length(state, OptionSale.market)):
        if index(state, OptionSale.market, sale) == market and get(state, OptionSale.open, sale) == 0.0:
            return sale
    return -1


@njit(int64(STATE, int64, int64), cache=True)
def bid_of(state: State, sale: int, account: int) -> int:
    """Row of the bid that an account of the sale's market may make in a sale."""
    market = index(state, OptionSale.market, sale)
    return index(state, OptionSale.first_bid, sale) + account - index(state, OptionMarket.first_account, market)


@njit(cache=True)
def offer(state: State, row: Row, time: float) -> int:
    """Offer up to `amount` calls of a series, as many as one has free cover for, at `limit` at least each.

    Bids are opened when the intent expires, which must be before the series does.
    """
    wrong = check_market(state, row)
    if wrong == Reason.NONE:
        wrong = check_series(state, row, row.target, time)
    if wrong != Reason.NONE:
        return wrong
    account, sale = account_on(state, row.venue, row.sender), _free_row(state, row.venue)
    if account < 0:
        return Reason.NOT_OWNER
    if not (row.limit >= 0.0 and np.isfinite(row.limit)):
        return Reason.BAD_AMOUNT
    if sale < 0:
        return Reason.NO_LIQUIDITY
    if not time < row.expiry < get(state, Option.expires, row.target):
        return Reason.CLOSED
    amount = min(whole_steps(row.amount), free(state, account, row.target))
    if not 0.0 < amount <= LARGEST:
        return Reason.NO_LIQUIDITY
    put(state, cell(state, OptionSale.open, sale), 1.0)
    put(state, cell(state, OptionSale.seller, sale), account)
    put(state, cell(state, OptionSale.series, sale), row.target)
    put(state, cell(state, OptionSale.expires, sale), get(state, Option.expires, row.target))
    put(state, cell(state, OptionSale.amount, sale), amount)
    put(state, cell(state, OptionSale.reserve, sale), row.limit)
    put(state, cell(state, OptionSale.closes, sale), row.expiry)
    put(state, cell(state, OptionSale.number, sale), get(state, OptionSale.number, sale) + 1.0)
    row.filled_out = amount
    return Reason.NONE


@njit(cache=True)
def bid(state: State, row: Row, time: float) -> int:
    """Put up `amount` of one's margin for calls at `limit` each at most, in place of one's earlier bid.

    What is left must cover one's initial margin: the calls themselves need none.
    """
    wrong = check_market(state, row)
    if wrong != Reason.NONE:
        return wrong
    if not 0 <= row.target < length(state, OptionSale.market):
        return Reason.WRONG_VENUE
    if index(state, OptionSale.market, row.target) != row.venue:
        return Reason.WRONG_VENUE
    if get(state, OptionSale.open, row.target) == 0.0 or time >= get(state, OptionSale.closes, row.target):
        return Reason.CLOSED
    account = account_on(state, row.venue, row.sender)
    if account < 0 or account == index(state, OptionSale.seller, row.target):
        return Reason.NOT_ALLOWED
    if not (row.limit > 0.0 and np.isfinite(row.limit) and 0.0 < whole_steps(row.amount / row.limit) <= LARGEST):
        return Reason.BAD_AMOUNT
    if row.limit < get(state, OptionSale.reserve, row.target):
        return Reason.LIMIT
    at = bid_of(state, row.target, account)
    cash = get(state, OptionAccount.cash, account) + get(state, OptionBid.money, at) - row.amount
    set_cash(state, account, cash)
    equity, _, initial = margin_of(state, account)
    # written so that a number that is not finite fails
    if not (cash >= 0.0 and equity >= initial):
        return Reason.UNHEALTHY
    turn = get(state, OptionSale.turn, row.target) + 1.0
    put(state, cell(state, OptionSale.turn, row.target), turn)
    put(state, cell(state, OptionBid.money, at), row.amount)
    put(state, cell(state, OptionBid.price, at), row.limit)
    put(state, cell(state, OptionBid.turn, at), turn)
    row.filled_in = row.amount
    return Reason.NONE


@njit(int64(STATE, int64, boolean[::1]), cache=True)
def _best(state: State, first: int, served: np.ndarray) -> int:
    """Return the best bid that is not served yet, counted from the first; -1 where there is none."""
    found = -1
    for at in range(served.size):
        if served[at] or get(state, OptionBid.money, first + at) == 0.0:
            continue
        if found < 0:
            found = at
            continue
        price, best = get(state, OptionBid.price, first + at), get(state, OptionBid.price, first + found)
        turn, earliest = get(state, OptionBid.turn, first + at), get(state, OptionBid.turn, first + found)
        if price > best or (price == best and turn < earliest):
            found = at
    return found


@njit(float64(STATE, int64, float64, float64[::1]), cache=True)
def _share_out(state: State, sale: int, amount: float, sizes: np.ndarray) -> float:
    """Write how many calls each bid receives, from the best on, and return the price that all of them pay [USD]."""
    first, left, price = index(state, OptionSale.first_bid, sale), amount, get(state, OptionSale.reserve, sale)
    served = np.zeros(sizes.size, np.bool_)
    while left > 0.0:
        at = _best(state, first, served)
        if at < 0:
            break
        served[at] = True
        asked = get(state, OptionBid.price, first + at)
        sizes[at] = min(whole_steps(get(state, OptionBid.money, first + at) / asked), left)
        left -= sizes[at]
        if left == 0.0:
            price = asked
    return price


@njit(void(STATE, int64, int64), cache=True)
def _give_back(state: State, market: int, first: int) -> None:
    """Give everybody the money that they have put up, to whose cash it was."""
    first_account = index(state, OptionMarket.first_account, market)
    for at in range(index(state, OptionMarket.accounts, market)):
        money = get(state, OptionBid.money, first + at)
        if money > 0.0:
            set_cash(state, first_account + at, get(state, OptionAccount.cash, first_account + at) + money)
            put(state, cell(state, OptionBid.money, first + at), 0.0)
            put(state, cell(state, OptionBid.price, first + at), 0.0)


@njit(types.UniTuple(float64, 2)(STATE, int64, float64), cache=True)
def _sell(state: State, sale: int, amount: float) -> tuple[float, float]:
    """Sell up to so many calls to whoever bids most, end the sale, and return how many and what is paid for each."""
    market, first, sold = index(state, OptionSale.market, sale), index(state, OptionSale.first_bid, sale), 0.0
    sizes = np.zeros(index(state, OptionMarket.accounts, market))
    price = _share_out(state, sale, amount, sizes)
    _give_back(state, market, first)
    seller, series = index(state, OptionSale.seller, sale), index(state, OptionSale.series, sale)
    first_account = index(state, OptionMarket.first_account, market)
    for at in range(sizes.size):
        if sizes[at] > 0.0:
            shift(state, first_account + at, series, sizes[at], price)
            shift(state, seller, series, -sizes[at], price)
            sold += sizes[at]
    return sold, price


@njit(cache=True)
def allot(state: State, row: Row, time: float) -> int:
    """Open the bids of a sale whose time is over, and sell; anybody may. Nothing is sold once the series has expired.

    The receipt says how many calls were sold, and what was paid for all of them.
    """
    if not stands(state, row.venue, row.rollup):
        return Reason.WRONG_VENUE
    if not 0 <= row.target < length(state, OptionSale.market):
        return Reason.WRONG_VENUE
    sale = row.target
    if index(state, OptionSale.market, sale) != row.venue:
        return Reason.WRONG_VENUE
    if get(state, OptionSale.open, sale) == 0.0:
        return Reason.CLOSED
    if time < get(state, OptionSale.closes, sale):
        return Reason.NOT_ALLOWED
    put(state, cell(state, OptionSale.open, sale), 0.0)
    seller, series = index(state, OptionSale.seller, sale), index(state, OptionSale.series, sale)
    amount, expires = 0.0, get(state, OptionSale.expires, sale)
    if time < expires and get(state, Option.expires, series) == expires:
        # whoever has sold calls of the series on quotes since then has less cover left for these
        amount = max(min(get(state, OptionSale.amount, sale), free(state, seller, series)), 0.0)
    sold, price = _sell(state, sale, amount)
    put(state, cell(state, OptionSale.sold, sale), sold)
    put(state, cell(state, OptionSale.price, sale), price)
    put(state, cell(state, OptionMarket.auctioned, row.venue), get(state, OptionMarket.auctioned, row.venue) + sold)
    raised = get(state, OptionMarket.raised, row.venue) + sold * price
    put(state, cell(state, OptionMarket.raised, row.venue), raised)
    row.filled_in, row.filled_out = sold * price, sold
    return Reason.NONE
