"""Expiry: prints of the oracle, exercise, and what is paid.

Options are paid at the mean of a number of prints, the last of which is due at expiry. A print is the price that the
rollup's oracle has posted: where prints have a window, in the block that first asks for it, which whoever orders
that block may choose; else at the moment when it is due. Where holders have to exercise, they do so between the last
print and a deadline; what they do not, lapses, and those who owe the series gain in proportion to what they owe.

What is covered is paid in the underlying: see `market.venues.options.delivery`. What an account cannot pay, the fund
does, and then the rollup's security module; what these cannot, those who were paid at this expiry go without, in
proportion to what they were paid.
"""

from __future__ import annotations

from numba import boolean, float64, int64, njit, void

from market.intents.rows import Reason, Row
from market.state.journal import open_journal, put
from market.state.ledger import Why, transfer
from market.state.store import STATE, State, balance, cell, get, index, length
from market.venues.liquidation.security import cover
from market.venues.options.delivery import deliver
from market.venues.options.instrument import payoff, price_of
from market.venues.options.payments import by_holders, payment_of
from market.venues.options.quotes import ALL
from market.venues.options.quoting import ASK, BID, drop
from market.venues.options.rules import account_on, check_market, margin_of, position_of, stands, whole_steps
from market.venues.options.tables import Expiry, Option, OptionAccount, OptionMarket, Position


@njit(float64(STATE, int64), cache=True)
def next_print(state: State, expiry: int) -> float:
    """When the next print is due [s]."""
    market = index(state, Expiry.market, expiry)
    left = get(state, OptionMarket.prints, market) - get(state, Expiry.printed, expiry)
    return get(state, Expiry.expires, expiry) - (left - 1.0) * get(state, OptionMarket.spacing, market)


@njit(float64(STATE, int64), cache=True)
def deadline(state: State, expiry: int) -> float:
    """Until when holders may exercise, where they have to, once all prints are taken [s]."""
    market = index(state, Expiry.market, expiry)
    return get(state, Expiry.fixed_at, expiry) + max(get(state, OptionMarket.exercise, market), 0.0)


@njit(float64(STATE, int64), cache=True)
def due_at(state: State, expiry: int) -> float:
    """When the venue has to look at an expiry by itself: to take a print, or to pay out [s]."""
    if get(state, Expiry.fixed, expiry) > 0.0:
        return deadline(state, expiry)
    return next_print(state, expiry) + get(state, OptionMarket.window, index(state, Expiry.market, expiry))


@njit(void(STATE, int64, float64), cache=True)
def take_print(state: State, expiry: int, time: float) -> None:
    """Take the price of the oracle for a print; the last one fixes what options are paid at."""
    market = index(state, Expiry.market, expiry)
    printed = get(state, Expiry.printed, expiry) + 1.0
    summed = get(state, Expiry.summed, expiry) + price_of(state, market)
    put(state, cell(state, Expiry.printed, expiry), printed)
    put(state, cell(state, Expiry.summed, expiry), summed)
    if printed == get(state, OptionMarket.prints, market):
        put(state, cell(state, Expiry.fixed, expiry), summed / printed)
        put(state, cell(state, Expiry.fixed_at, expiry), time)
    due = min(get(state, OptionMarket.due, market), due_at(state, expiry))
    put(state, cell(state, OptionMarket.due, market), due)


@njit(cache=True)
def ask_for_print(state: State, row: Row, time: float) -> int:
    """Have the next print of an expiry taken, if it is due; anybody may."""
    if not stands(state, row.venue, row.rollup):
        return Reason.WRONG_VENUE
    first, count = index(state, OptionMarket.first_expiry, row.venue), index(state, OptionMarket.expiries, row.venue)
    if not first <= row.target < first + count:
        return Reason.WRONG_VENUE
    if get(state, Expiry.fixed, row.target) > 0.0:
        return Reason.CLOSED
    if time < next_print(state, row.target):
        return Reason.NOT_ALLOWED
    take_print(state, row.target, time)
    row.filled_in = price_of(state, row.venue)
    return Reason.NONE


@njit(float64(STATE, int64, int64, float64), cache=True)
def _exercise(state: State, account: int, series: int, most: float) -> float:
    """Exercise up to so many options that an account holds of a series; returns how many."""
    fixed = get(state, Expiry.fixed, index(state, Option.expiry, series))
    if payoff(fixed, get(state, Option.strike, series), get(state, Option.call, series)) == 0.0:
        return 0.0
    position = position_of(state, account, series)
    done = get(state, Position.exercised, position)
    size = min(most, get(state, Position.quantity, position) - done)
    if size <= 0.0:
        return 0.0
    put(state, cell(state, Position.exercised, position), done + size)
    put(state, cell(state, Option.exercised, series), get(state, Option.exercised, series) + size)
    return size


@njit(cache=True)
def exercise(state: State, row: Row, time: float) -> int:
    """Exercise up to `amount` options, cut to whole steps, of a series, or of each that is in the money (target -1).

    Nothing is paid before the deadline has passed for all.
    """
    wrong = check_market(state, row)
    if wrong != Reason.NONE:
        return wrong
    first, last = index(state, OptionMarket.first_series, row.venue), index(state, OptionMarket.series, row.venue)
    last += first
    if row.target != ALL:
        if not first <= row.target < last:
            return Reason.WRONG_VENUE
        first, last = row.target, row.target + 1
    account, most = account_on(state, row.venue, row.sender), whole_steps(row.amount)
    if account < 0:
        return Reason.NOT_OWNER
    if not by_holders(state, row.venue):
        return Reason.NOT_ALLOWED
    exercised = 0.0
    for series in range(first, last):
        expiry = index(state, Option.expiry, series)
        open_ = get(state, Expiry.fixed, expiry) > 0.0 and get(state, Expiry.over, expiry) == 0.0
        if open_ and time < deadline(state, expiry):
            exercised += _exercise(state, account, series, most)
    if exercised == 0.0:
        return Reason.CLOSED
    row.filled_out = exercised
    return Reason.NONE


@njit(void(STATE, int64, int64, float64), cache=True)
def _add(state: State, column: int, row: int, amount: float) -> None:
    """Add to a number outside of a block: nobody's intent, not journalled."""
    state.cells[cell(state, column, row)] += amount


@njit(float64(STATE, int64, int64), cache=True)
def _received(state: State, account: int, expiry: int) -> float:
    """What an account receives at an expiry for all that it holds of it, on net [USD]."""
    first, total = index(state, Expiry.first_series, expiry), 0.0
    for series in range(first, first + index(state, Expiry.series, expiry)):
        total += payment_of(state, account, series)
    return total


@njit(float64(STATE, int64, float64), cache=True)
def _insure(state: State, account: int, missing: float) -> float:
    """Let the fund, then the security module, pay what an account lacks; returns what is missing then [USD]."""
    market = index(state, OptionAccount.market, account)
    fund, rollup = index(state, OptionMarket.fund, market), index(state, OptionMarket.rollup, market)
    vault, paid = index(state, OptionMarket.account, market), min(balance(state, fund, rollup, 0), missing)
    if paid > 0.0 and transfer(state, fund, vault, rollup, 0, paid, Why.INSURANCE):
        _add(state, OptionAccount.cash, account, paid)
        _add(state, OptionMarket.insured, market, paid)
        missing -= paid
    open_journal(state)  # of which nothing is to be undone
    paid = max(cover(state, vault, rollup, missing), 0.0)
    _add(state, OptionAccount.cash, account, paid)
    return missing - paid


@njit(void(STATE, int64), cache=True)
def _count_lapsed(state: State, expiry: int) -> None:
    """Add what holders could have had for options that they did not exercise."""
    market, fixed = index(state, Expiry.market, expiry), get(state, Expiry.fixed, expiry)
    if not by_holders(state, market):
        return
    first = index(state, Expiry.first_series, expiry)
    for series in range(first, first + index(state, Expiry.series, expiry)):
        unit = payoff(fixed, get(state, Option.strike, series), get(state, Option.call, series))
        left = get(state, Option.open, series) - get(state, Option.exercised, series)
        _add(state, OptionMarket.lapsed, market, left * unit)


@njit(void(STATE, int64), cache=True)
def _end(state: State, expiry: int) -> None:
    """Take all positions in an expiry, and all quotes for it, away."""
    market, first = index(state, Expiry.market, expiry), index(state, Expiry.first_series, expiry)
    first_account = index(state, OptionMarket.first_account, market)
    for series in range(first, first + index(state, Expiry.series, expiry)):
        state.cells[cell(state, Option.open, series)] = 0.0
        state.cells[cell(state, Option.exercised, series)] = 0.0
        for account in range(first_account, first_account + index(state, OptionMarket.accounts, market)):
            position = position_of(state, account, series)
            state.cells[cell(state, Position.quantity, position)] = 0.0
            state.cells[cell(state, Position.exercised, position)] = 0.0
        first_quote = index(state, OptionMarket.first_quote, market) + series
        first_quote -= index(state, OptionMarket.first_series, market)
        for maker in range(index(state, OptionMarket.makers, market)):
            open_journal(state)  # of which nothing is to be undone
            drop(state, first_quote + maker * index(state, OptionMarket.series, market), BID)
            drop(state, first_quote + maker * index(state, OptionMarket.series, market), ASK)


@njit(void(STATE, int64), cache=True)
def pay_out(state: State, expiry: int) -> None:
    """Pay what all options of an expiry bring, and end them. Not journalled: time is nobody's intent."""
    market = index(state, Expiry.market, expiry)
    first = index(state, OptionMarket.first_account, market)
    last, gained, lacking = first + index(state, OptionMarket.accounts, market), 0.0, 0.0
    _count_lapsed(state, expiry)
    delivered = deliver(state, expiry)
    # what is received must be known of everybody before anything is taken away
    for account in range(first, last):
        received = _received(state, account, expiry) - get(state, OptionAccount.delivered, account)
        _add(state, OptionAccount.cash, account, received)
        gained += max(received, 0.0)
        state.cells[cell(state, OptionAccount.received, account)] = received
    _end(state, expiry)
    for account in range(first, last):
        if get(state, OptionAccount.received, account) < 0.0:
            equity, _, _ = margin_of(state, account)
            missing = _insure(state, account, -equity) if equity < 0.0 else 0.0
            if missing > 0.0:
                covered = min(missing, gained - lacking)
                lacking += covered
                _add(state, OptionAccount.cash, account, covered)
    for account in range(first, last):
        received = get(state, OptionAccount.received, account)
        if received > 0.0 and lacking > 0.0:
            _add(state, OptionAccount.cash, account, -lacking * received / gained)
    _add(state, OptionMarket.socialised, market, lacking)
    _add(state, OptionMarket.paid, market, gained - lacking + delivered)
    state.cells[cell(state, Expiry.over, expiry)] = 1.0


@njit(boolean(STATE, float64), cache=True)
def advance(state: State, time: float) -> bool:
    """Mark options at a time; returns whether a market has to be looked at. Not journalled: time is nobody's intent."""
    found = False
    for market in range(length(state, OptionMarket.rollup)):
        state.cells[cell(state, OptionMarket.now, market)] = max(time, get(state, OptionMarket.now, market))
        found = found or get(state, OptionMarket.due, market) <= time
    return found


@njit(boolean(STATE, int64, float64), cache=True)
def look(state: State, expiry: int, time: float) -> bool:
    """Take the prints of an expiry that are due by themselves, and pay out when it is time; returns whether that is so.

    Not journalled: time is nobody's intent.
    """
    while get(state, Expiry.fixed, expiry) == 0.0 and due_at(state, expiry) <= time:
        open_journal(state)
        take_print(state, expiry, due_at(state, expiry))
    if get(state, Expiry.over, expiry) == 1.0 or get(state, Expiry.fixed, expiry) == 0.0:
        return False
    if time < deadline(state, expiry):
        return False
    pay_out(state, expiry)
    return True


@njit(float64(STATE, int64), cache=True)
def next_look(state: State, market: int) -> float:
    """When a market has to be looked at again [s]."""
    when = get(state, OptionMarket.reviewed_at, market) + get(state, OptionMarket.review, market)
    first = index(state, OptionMarket.first_expiry, market)
    for expiry in range(first, first + index(state, OptionMarket.expiries, market)):
        if get(state, Expiry.over, expiry) == 0.0:
            when = min(when, due_at(state, expiry))
    return when
