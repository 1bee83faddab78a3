"""Options: margin, and trades on the quotes of makers.

Whoever takes a quote pays the maker's price; premiums move between the cash of accounts, all of it in one vault. A
trade that no single quote can fill goes on to the next best one, down to its limit, and is filled in part where there
is no more. A quote that its maker's margin does not cover is taken out when somebody reaches it.

Sizes are whole numbers of size steps, a power of two of an option, so that adding and taking away is exact: as many
options are held as are owed.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, njit, types, void

from market.intents.rows import Reason, Row
from market.state.journal import full, put
from market.state.ledger import Why, move
from market.state.store import STATE, State, cell, get, index, length
from market.venues.margin import account_of
from market.venues.options.instrument import fee_of
from market.venues.options.quoting import ASK, BID, best, drop, shrink
from market.venues.options.tables import Option, OptionAccount, OptionMarket, Position, Quote

STEP = 2.0**-20  # smallest size; sums of sizes are exact up to 2**33
LARGEST = 2.0**30  # largest size of one trade


@njit(float64(float64), cache=True)
def whole_steps(size: float) -> float:
    """Size rounded towards nothing to a whole number of size steps."""
    return np.trunc(size / STEP) * STEP


@njit(boolean(STATE, int64, int64), cache=True)
def stands(state: State, market: int, rollup: int) -> bool:
    """Whether there is a market of that number on a rollup."""
    return 0 <= market < length(state, OptionMarket.rollup) and index(state, OptionMarket.rollup, market) == rollup


@njit(int64(STATE, int64, int64), cache=True)
def account_on(state: State, market: int, owner: int) -> int:
    """Account on a market that belongs to somebody; -1 for none."""
    first = index(state, OptionMarket.first_account, market)
    at = first + owner  # participants come first, in the order of their accounts
    if 0 <= owner < index(state, OptionMarket.accounts, market) and index(state, OptionAccount.owner, at) == owner:
        return at
    return -1


@njit(int64(STATE, int64, int64), cache=True)
def position_of(state: State, account: int, series: int) -> int:
    """Row of what an account holds of a series of its market."""
    market = index(state, OptionAccount.market, account)
    return index(state, OptionAccount.positions, account) + series - index(state, OptionMarket.first_series, market)


@njit(types.UniTuple(float64, 3)(STATE, int64), cache=True)
def margin_of(state: State, account: int) -> tuple[float, float, float]:
    """Equity, maintenance margin and initial margin of the margin account that an account of options belongs to."""
    return account_of(state, index(state, OptionAccount.instrument, account))


@njit(void(STATE, int64, float64), cache=True)
def set_cash(state: State, account: int, cash: float) -> None:
    """Set the cash of an account."""
    put(state, cell(state, OptionAccount.cash, account), cash)


@njit(void(STATE, int64, int64, float64, float64), cache=True)
def shift(state: State, account: int, series: int, change: float, price: float) -> None:
    """Change what an account holds of a series, for a price; the entry price is the mean of what opened it."""
    position = position_of(state, account, series)
    before, entry = get(state, Position.quantity, position), get(state, Position.entry, position)
    after = before + change
    put(state, cell(state, Position.quantity, position), after)
    if before == 0.0 or before * after < 0.0:
        put(state, cell(state, Position.entry, position), price)
    elif abs(after) > abs(before):
        put(state, cell(state, Position.entry, position), (entry * before + price * change) / after)
    set_cash(state, account, get(state, OptionAccount.cash, account) - change * price)
    held = get(state, Option.open, series) + max(after, 0.0) - max(before, 0.0)
    put(state, cell(state, Option.open, series), held)


@njit(boolean(STATE, int64, int64, float64), cache=True)
def _covered(state: State, account: int, series: int, change: float) -> bool:
    """Whether an account may have made a change of what it holds: by initial margin, or, nearer to nothing, by less."""
    after = get(state, Position.quantity, position_of(state, account, series))
    before = after - change
    reduces = abs(after) < abs(before) and after * before >= 0.0
    equity, maintenance, initial = margin_of(state, account)
    # written so that a number that is not finite fails
    return bool(equity >= (maintenance if reduces else initial))


@njit(boolean(STATE, int64, int64, int64, float64), cache=True)
def _fill(state: State, account: int, quote: int, side: int, size: float) -> bool:
    """Trade on a side of a quote; False, and nothing but the quote is changed, where its maker's margin falls short."""
    series, maker = index(state, Quote.series, quote), index(state, Quote.account, quote)
    price = get(state, Quote.bid + side, quote)
    change = size if side == ASK else -size
    cash, position = get(state, OptionAccount.cash, maker), position_of(state, maker, series)
    held, open_before = get(state, Position.quantity, position), get(state, Option.open, series)
    entry = get(state, Position.entry, position)
    shift(state, maker, series, -change, price)
    if not _covered(state, maker, series, -change):
        set_cash(state, maker, cash)
        put(state, cell(state, Position.quantity, position), held)
        put(state, cell(state, Position.entry, position), entry)
        put(state, cell(state, Option.open, series), open_before)
        drop(state, quote, side)
        return False
    shrink(state, quote, side, size)
    shift(state, account, series, change, price)
    return True


@njit(cache=True)
def check_market(state: State, row: Row) -> int:
    """Whether an intent names a market on its rollup and an amount; returns a reason (0: it does)."""
    if not stands(state, row.venue, row.rollup):
        return Reason.WRONG_VENUE
    return Reason.NONE if row.amount > 0.0 and np.isfinite(row.amount) else Reason.BAD_AMOUNT


@njit(cache=True)
def check_series(state: State, row: Row, series: int, time: float) -> int:
    """Whether a series is one of the market that an intent names, and has not expired; returns a reason (0: it is)."""
    first = index(state, OptionMarket.first_series, row.venue)
    if not first <= series < first + index(state, OptionMarket.series, row.venue):
        return Reason.WRONG_VENUE
    return Reason.NONE if time < get(state, Option.expires, series) else Reason.CLOSED


@njit(cache=True)
def _check_account(state: State, row: Row) -> int:
    """Whether an intent names an account of its market and an amount of margin."""
    wrong = check_market(state, row)
    if wrong != Reason.NONE:
        return wrong
    if not 0 <= row.target < length(state, OptionAccount.market):
        return Reason.WRONG_VENUE
    return Reason.NONE if index(state, OptionAccount.market, row.target) == row.venue else Reason.WRONG_VENUE


@njit(cache=True)
def deposit(state: State, row: Row, time: float) -> int:
    """Pay margin into an account; anybody may."""
    wrong = _check_account(state, row)
    if wrong != Reason.NONE:
        return wrong
    vault = index(state, OptionMarket.account, row.venue)
    if not move(state, row.sender, vault, row.rollup, 0, row.amount, Why.OPTION_MARGIN):
        return Reason.INSUFFICIENT_BALANCE
    set_cash(state, row.target, get(state, OptionAccount.cash, row.target) + row.amount)
    row.filled_in = row.amount
    return Reason.NONE


@njit(cache=True)
def withdraw(state: State, row: Row, time: float) -> int:
    """Take margin out, down to the initial margin."""
    wrong = _check_account(state, row)
    if wrong != Reason.NONE:
        return wrong
    if index(state, OptionAccount.owner, row.target) != row.sender:
        return Reason.NOT_OWNER
    equity, _, initial = margin_of(state, row.target)
    if not equity - row.amount >= initial:
        return Reason.UNHEALTHY
    vault = index(state, OptionMarket.account, row.venue)
    if not move(state, vault, row.sender, row.rollup, 0, row.amount, Why.OPTION_MARGIN):
        return Reason.NO_LIQUIDITY
    set_cash(state, row.target, get(state, OptionAccount.cash, row.target) - row.amount)
    row.filled_out = row.amount
    return Reason.NONE


@njit(boolean(float64, float64, int64), cache=True)
def _acceptable(price: float, limit: float, side: int) -> bool:
    """Whether a price is no worse than a limit (0: any) for whoever takes a side of a quote."""
    return limit == 0.0 or (price <= limit if side == ASK else price >= limit)


@njit(cache=True)
def _end(state: State, row: Row, account: int, series: int, traded: float, premium: float) -> int:
    """Take the fee of a trade, and see whether margin covers it; returns a reason (0: it does)."""
    market = row.venue
    fee = fee_of(state, market, traded, premium)
    vault, fees = index(state, OptionMarket.account, market), index(state, OptionMarket.fee_account, market)
    if not move(state, vault, fees, row.rollup, 0, fee, Why.OPTION_FEE):
        return Reason.NO_LIQUIDITY
    set_cash(state, account, get(state, OptionAccount.cash, account) - fee)
    if not _covered(state, account, series, traded if row.asset_in == 0 else -traded):
        return Reason.UNHEALTHY
    row.filled_in, row.filled_out = premium, traded
    return Reason.NONE


@njit(cache=True)
def trade(state: State, row: Row, time: float) -> int:
    """Buy (asset_in 0) or sell `amount` options of a series, cut to whole steps, on the best quotes of others.

    No price is worse than `limit` (0: any); what no quote is left for is not traded.
    """
    wrong = check_market(state, row)
    if wrong == Reason.NONE:
        wrong = check_series(state, row, row.target, time)
    if wrong != Reason.NONE:
        return wrong
    account, series, left = account_on(state, row.venue, row.sender), row.target, whole_steps(row.amount)
    if account < 0:
        return Reason.NOT_OWNER
    if left == 0.0 or left > LARGEST:
        return Reason.BAD_AMOUNT
    side, traded, premium, reached = ASK if row.asset_in == 0 else BID, 0.0, 0.0, False
    # a stretch too long to be undone writes no more, and is undone: no quote would ever be used up
    while left > 0.0 and not full(state):
        quote = best(state, series, side, account)
        if quote < 0:
            break
        reached, price = True, get(state, Quote.bid + side, quote)
        if not _acceptable(price, row.limit, side):
            break
        size = min(left, get(state, Quote.bid_size + side, quote))
        if _fill(state, account, quote, side, size):
            left, traded, premium = left - size, traded + size, premium + size * price
    if traded == 0.0:
        return Reason.LIMIT if reached else Reason.NO_LIQUIDITY
    return _end(state, row, account, series, traded, premium)


@njit(cache=True)
def take(state: State, row: Row, time: float) -> int:
    """Buy (asset_in 0) or sell `amount` options, cut to whole steps, on one quote and at most what it is for.

    The price is no worse than `limit` (0: any).
    """
    wrong = check_market(state, row)
    if wrong != Reason.NONE:
        return wrong
    quote = row.target
    if not 0 <= quote < length(state, Quote.series):
        return Reason.WRONG_VENUE
    series = index(state, Quote.series, quote)
    wrong = check_series(state, row, series, time)
    if wrong != Reason.NONE:
        return wrong
    account, side = account_on(state, row.venue, row.sender), ASK if row.asset_in == 0 else BID
    if account < 0:
        return Reason.NOT_OWNER
    if account == index(state, Quote.account, quote):
        return Reason.NOT_ALLOWED
    amount, offered = whole_steps(row.amount), get(state, Quote.bid_size + side, quote)
    if amount == 0.0 or amount > LARGEST:
        return Reason.BAD_AMOUNT
    if offered == 0.0:
        return Reason.NO_LIQUIDITY
    price, size = get(state, Quote.bid + side, quote), min(amount, offered)
    if not _acceptable(price, row.limit, side):
        return Reason.LIMIT
    if not _fill(state, account, quote, side, size):
        return Reason.NO_LIQUIDITY
    return _end(state, row, account, series, size, size * price)
