"""Selling an account under its maintenance margin: a Dutch auction of shares of all that it holds and owes.

Whoever takes a share has that part of every position, options and the perpetuals that share margin with them, at the
price it is marked at, and the discount of the moment on that part of the account's value. No more is sold than brings
the account back to its maintenance margin times a buffer. Of an account that is worth nothing or less, whoever takes a
share is paid by the insurance fund, then by the security module: that part of what the account lacks goes to the
account, and a part that grows with time up to its maintenance margin to the taker. What nobody takes, or nobody can be
paid for, is closed against others: see `market.venues.options.close_out`. Accounts that are one over several rollups
are sold together, by the first of them, whose funds pay.

Source: Derive, contract DutchAuction (v2-core) and documentation, "Liquidations" (2025).
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, njit, void

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.ledger import Why, move
from market.state.store import STATE, State, balance, cell, get, index, length
from market.state.tables import Instrument
from market.venues.liquidation.grace import in_grace
from market.venues.liquidation.security import cover, stake_of
from market.venues.options.covering import exposed
from market.venues.options.hand_over import hand_over
from market.venues.options.joint import OPTIONS, first_of
from market.venues.options.rules import account_on, margin_of, position_of, set_cash, stands
from market.venues.options.tables import Expiry, Option, OptionAccount, OptionMargin, OptionMarket

NOBODY = -1.0
ROUNDING = 1e-9
"""Of what an account lacks, by which a payment may fall short of it in rounding."""


@njit(float64(STATE, int64, float64), cache=True)
def discount_after(state: State, market: int, elapsed: float) -> float:
    """Discount over the value of an account that has been for sale for some time [1]."""
    first, fast = get(state, OptionMargin.discount, market), get(state, OptionMargin.discount_fast, market)
    length_fast = get(state, OptionMargin.fast, market)
    if elapsed <= length_fast:
        return first + (fast - first) * elapsed / length_fast
    return min(fast + (1.0 - fast) * (elapsed - length_fast) / get(state, OptionMargin.slow, market), 1.0)


@njit(float64(STATE, int64, float64), cache=True)
def payment_after(state: State, account: int, time: float) -> float:
    """Part of its maintenance margin that whoever takes an insolvent account is paid beyond what it lacks [1]."""
    since, market = get(state, OptionAccount.insolvent_at, account), index(state, OptionAccount.market, account)
    return 0.0 if since < 0.0 else min((time - since) / get(state, OptionMargin.insolvent, market), 1.0)


@njit(float64(STATE, int64), cache=True)
def funds_of(state: State, market: int) -> float:
    """What insurance fund and security module have left for a market [USD]."""
    rollup = index(state, OptionMarket.rollup, market)
    return balance(state, index(state, OptionMarket.fund, market), rollup, 0) + stake_of(state, rollup)


@njit(float64(STATE, int64, float64), cache=True)
def pay_in(state: State, account: int, amount: float) -> float:
    """Let the fund, then the security module, pay an amount onto an account, as far as they can; returns what [USD].

    Where one of them cannot pay it returns -1.
    """
    market = index(state, OptionAccount.market, account)
    rollup, vault = index(state, OptionMarket.rollup, market), index(state, OptionMarket.account, market)
    fund = index(state, OptionMarket.fund, market)
    paid = min(balance(state, fund, rollup, 0), amount)
    if not move(state, fund, vault, rollup, 0, paid, Why.INSURANCE):
        return -1.0
    put(state, cell(state, OptionMarket.insured, market), get(state, OptionMarket.insured, market) + paid)
    more = cover(state, vault, rollup, amount - paid)
    if more < 0.0:
        return -1.0
    set_cash(state, account, get(state, OptionAccount.cash, account) + paid + more)
    return paid + more


@njit(boolean(STATE, int64), cache=True)
def _waits(state: State, account: int) -> bool:
    """Whether an account has options that wait for payment: it is decided what they bring."""
    market = index(state, OptionAccount.market, account)
    first = index(state, OptionMarket.first_series, market)
    for series in range(first, first + index(state, OptionMarket.series, market)):
        decided = get(state, Expiry.fixed, index(state, Option.expiry, series)) > 0.0
        if decided and exposed(state, position_of(state, account, series)) != 0.0:
            return True
    return False


@njit(cache=True)
def check(state: State, row: Row) -> int:
    """Whether an intent names an account of its market by which a margin account is sold; returns a reason (0: yes).

    None of the options in it may wait for payment.
    """
    if not stands(state, row.venue, row.rollup):
        return Reason.WRONG_VENUE
    if not 0 <= row.target < length(state, OptionAccount.market):
        return Reason.WRONG_VENUE
    if index(state, OptionAccount.market, row.target) != row.venue:
        return Reason.WRONG_VENUE
    if first_of(state, row.target) != row.target:
        return Reason.NOT_ALLOWED
    at = index(state, OptionAccount.instrument, row.target)
    last = at
    while True:
        if index(state, Instrument.venue, at) == OPTIONS and _waits(state, index(state, Instrument.row, at)):
            return Reason.NOT_ALLOWED
        at = index(state, Instrument.next, at)
        if at == last:
            return Reason.NONE


@njit(void(STATE, int64), cache=True)
def stop(state: State, account: int) -> None:
    """End the auction of an account."""
    put(state, cell(state, OptionAccount.auctioned_at, account), NOBODY)
    put(state, cell(state, OptionAccount.insolvent_at, account), NOBODY)
    market = index(state, OptionAccount.market, account)
    put(state, cell(state, OptionMargin.ended, market), get(state, OptionMargin.ended, market) + 1.0)


@njit(cache=True)
def start(state: State, row: Row, time: float) -> int:
    """Put an account under its maintenance margin up for auction; of one that is, note when it becomes insolvent.

    And when it no longer is, so that whoever takes it later is paid from then on.
    """
    wrong = check(state, row)
    if wrong != Reason.NONE:
        return wrong
    if in_grace(state, row.rollup):
        return Reason.GRACE
    equity, maintenance, _ = margin_of(state, row.target)
    if not equity < maintenance:
        return Reason.HEALTHY
    on = get(state, OptionAccount.auctioned_at, row.target) >= 0.0
    noted = get(state, OptionAccount.insolvent_at, row.target) >= 0.0
    if on and noted == (equity <= 0.0):
        return Reason.NOT_ALLOWED
    if not on:
        put(state, cell(state, OptionAccount.auctioned_at, row.target), time)
        put(state, cell(state, OptionMargin.started, row.venue), get(state, OptionMargin.started, row.venue) + 1.0)
    put(state, cell(state, OptionAccount.insolvent_at, row.target), time if equity <= 0.0 else NOBODY)
    return Reason.NONE


@njit(float64(float64, float64, float64), cache=True)
def largest_part(equity: float, needed: float, discount: float) -> float:
    """Part of a solvent account whose sale brings what is left of it to the margin that is needed [1].

    Selling p leaves (1 - p) needed, and of the equity all but p times the discount on it.
    """
    return (needed - equity) / (needed - equity * discount)


@njit(boolean(STATE, int64), cache=True)
def _restored(state: State, account: int) -> bool:
    """Whether an account has its maintenance margin with the buffer."""
    equity, maintenance, _ = margin_of(state, account)
    buffer = get(state, OptionMargin.buffer, index(state, OptionAccount.market, account))
    return bool(equity >= buffer * maintenance)


@njit(cache=True)
def take(state: State, row: Row, time: float) -> int:
    """Take a part `amount` of an account, or what may be sold of it if that is less.

    Nothing is taken at more than `limit` of its value (0: any). The receipt says the value of the positions and what
    taking them brought beyond it: the discount, or the payment.
    """
    wrong = check(state, row)
    if wrong != Reason.NONE:
        return wrong
    account, own = row.target, account_on(state, row.venue, row.sender)
    since = get(state, OptionAccount.auctioned_at, account)
    if since < 0.0:
        return Reason.CLOSED
    if own < 0 or own == account:
        return Reason.NOT_ALLOWED
    if not 0.0 < row.amount <= 1.0:
        return Reason.BAD_AMOUNT
    equity, maintenance, _ = margin_of(state, account)
    needed = get(state, OptionMargin.buffer, row.venue) * maintenance
    if not equity < needed:
        return Reason.HEALTHY
    discount, most = discount_after(state, row.venue, time - since), 1.0
    if equity > 0.0:
        most = largest_part(equity, needed, discount)
        if row.limit > 0.0 and 1.0 - discount > row.limit:
            return Reason.LIMIT
    moved, value = hand_over(state, account, own, min(row.amount, most))
    if not 0.0 < moved < np.inf:
        return Reason.BAD_AMOUNT if moved == 0.0 else Reason.NOT_ALLOWED
    share = moved / value
    gain = share * equity * discount
    if equity > 0.0:
        set_cash(state, account, get(state, OptionAccount.cash, account) - gain)
        set_cash(state, own, get(state, OptionAccount.cash, own) + gain)
    else:
        lacking = -share * equity
        if pay_in(state, account, lacking) < lacking * (1.0 - ROUNDING):
            return Reason.NO_LIQUIDITY
        gain = pay_in(state, own, share * maintenance * payment_after(state, account, time))
        if gain < 0.0:
            return Reason.NO_LIQUIDITY
    covered, _, initial = margin_of(state, own)
    # written so that a number that is not finite fails
    if not covered >= initial:
        return Reason.UNHEALTHY
    # parts are cut to whole steps, so that an account of which all is sold that may be is only nearly restored
    if row.amount >= most or _restored(state, account):
        stop(state, account)
    row.asset_in, row.asset_out = 0, 0
    row.filled_in, row.filled_out = moved, gain
    return Reason.NONE


@njit(cache=True)
def end(state: State, row: Row, time: float) -> int:
    """End the auction of an account that has its maintenance margin again; anybody may."""
    wrong = check(state, row)
    if wrong != Reason.NONE:
        return wrong
    if get(state, OptionAccount.auctioned_at, row.target) < 0.0:
        return Reason.CLOSED
    equity, maintenance, _ = margin_of(state, row.target)
    if not equity >= maintenance:
        return Reason.UNHEALTHY
    stop(state, row.target)
    return Reason.NONE


@njit(int64(STATE, int64, int64[::1]), cache=True)
def under_margin(state: State, rollup: int, found: np.ndarray) -> int:
    """List the accounts of options on a rollup that are under their maintenance margin, and return how many.

    Of accounts that share margin the first stands for all.
    """
    count = 0
    for account in range(length(state, OptionAccount.market)):
        if index(state, OptionMarket.rollup, index(state, OptionAccount.market, account)) != rollup:
            continue
        if first_of(state, account) != account:
            continue
        equity, maintenance, _ = margin_of(state, account)
        if equity < maintenance and count < found.size:
            found[count] = account
            count += 1
    return count
