"""Perpetual futures: margin, funding, liquidation, an insurance fund, auto-deleveraging.

A contract is a size and a cash: what was paid in less what its size cost. Its equity at a price P is cash + size x P.
Sizes of a market add up to nothing and cash adds up to what the vault holds: no trade can make or lose a coin. The
vault is one per rollup; contracts that share margin stand in a ring, one with margin of its own is a ring of one.

Trades are with the market's maker, who quotes around the oracle's price and leans against its inventory: with traders
net long n [USD], the log price stands n / depth above the oracle's. That premium is what longs pay shorts per period.

An isolated contract of leverage L and entry E can be liquidated at E (1 - 1/L) / (1 - mm) when long, at E (1 + 1/L) /
(1 + mm) when short. What is left of its margin after the close goes to the fund, what is missing comes from it; when
the fund is empty, the other side is closed against it at the price that leaves nothing, by pnl% x leverage.

Sizes are whole numbers of lots, a power of two of the asset, so that adding and taking away is exact: a size that is
too small to change a large one would otherwise never be closed against it.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, njit, types, void

from market.intents import Reason, Row
from market.ledger import Why, move, put
from market.state import (
    A_VENUE,
    ACCOUNT,
    BOOK,
    CONTRACT,
    LENDING,
    M_ACCOUNT,
    M_DEPTH,
    M_FEE,
    M_FEE_ACCOUNT,
    M_FEED,
    M_FUNDED_AT,
    M_FUNDING,
    M_INITIAL,
    M_MAINTENANCE,
    M_MAKER,
    M_PERIOD,
    M_ROLLUP,
    M_SPREAD,
    PERPETUAL,
    POSITION,
    X_CASH,
    X_ENTRY,
    X_FUNDED,
    X_MARKET,
    X_NEXT,
    X_OWNER,
    X_SIZE,
    Book,
    cell,
    get,
    index,
    length,
)
from market.venues.lending import oracle_price
from market.venues.thresholds import place

OK, BAD_AMOUNT, POOR = int(Reason.NONE), int(Reason.BAD_AMOUNT), int(Reason.INSUFFICIENT_BALANCE)
LIMIT, WRONG_VENUE, NOT_OWNER = int(Reason.LIMIT), int(Reason.WRONG_VENUE), int(Reason.NOT_OWNER)
UNHEALTHY, HEALTHY, NO_LIQUIDITY = int(Reason.UNHEALTHY), int(Reason.HEALTHY), int(Reason.NO_LIQUIDITY)
NOT_ALLOWED = int(Reason.NOT_ALLOWED)
MARGIN, FEE, REWARD, FUND = int(Why.MARGIN), int(Why.PERPETUAL_FEE), int(Why.LIQUIDATION), int(Why.INSURANCE)

LOT = 2.0**-20  # smallest size; sums of sizes are exact up to 2**33 of the asset
LARGEST = 2.0**30  # largest size of one trade


@njit(float64(float64), cache=True)
def whole_lots(size: float) -> float:
    """Size rounded towards nothing to a whole number of lots."""
    return np.trunc(size / LOT) * LOT


@njit(float64(BOOK, int64), cache=True)
def price_of(book: Book, market: int) -> float:
    """Price that margin is reckoned at: the oracle's [USD]."""
    return oracle_price(book, index(book, PERPETUAL, market, M_FEED))


@njit(float64(BOOK, int64), cache=True)
def premium(book: Book, market: int) -> float:
    """Log of the maker's mid over the oracle's price: traders' net long value over depth."""
    inventory = get(book, CONTRACT, index(book, PERPETUAL, market, M_MAKER), X_SIZE)
    return -inventory * price_of(book, market) / get(book, PERPETUAL, market, M_DEPTH)


@njit(float64(BOOK, int64, float64), cache=True)
def quote(book: Book, market: int, size: float) -> float:
    """Maker's price for a trade of a signed size (positive: the trader buys) [USD]."""
    price = price_of(book, market)
    lean = premium(book, market) + 0.5 * size * price / get(book, PERPETUAL, market, M_DEPTH)
    spread = get(book, PERPETUAL, market, M_SPREAD)
    return price * np.exp(lean) * (1.0 + (spread if size > 0.0 else -spread))


@njit(float64(BOOK, int64), cache=True)
def cash_of(book: Book, contract: int) -> float:
    """Cash of a contract after the funding it owes [USD]."""
    market = index(book, CONTRACT, contract, X_MARKET)
    owed = get(book, PERPETUAL, market, M_FUNDING) - get(book, CONTRACT, contract, X_FUNDED)
    return get(book, CONTRACT, contract, X_CASH) - get(book, CONTRACT, contract, X_SIZE) * owed


@njit(types.UniTuple(float64, 3)(BOOK, int64), cache=True)
def margin_of(book: Book, contract: int) -> tuple[float, float, float]:
    """Equity, maintenance margin and initial margin of all contracts that share margin with one [USD]."""
    equity, maintenance, initial = 0.0, 0.0, 0.0
    at = contract
    while True:
        market = index(book, CONTRACT, at, X_MARKET)
        value = get(book, CONTRACT, at, X_SIZE) * price_of(book, market)
        equity += cash_of(book, at) + value
        maintenance += abs(value) * get(book, PERPETUAL, market, M_MAINTENANCE)
        initial += abs(value) * get(book, PERPETUAL, market, M_INITIAL)
        at = index(book, CONTRACT, at, X_NEXT)
        if at == contract:
            return equity, maintenance, initial


@njit(void(BOOK, float64), cache=True)
def accrue(book: Book, time: float) -> None:
    """Let funding accrue up to `time`. Not journalled: time is nobody's intent."""
    for market in range(length(book, PERPETUAL)):
        elapsed = time - get(book, PERPETUAL, market, M_FUNDED_AT)
        if elapsed > 0.0:
            rate = premium(book, market) * price_of(book, market) / get(book, PERPETUAL, market, M_PERIOD)
            book.cells[cell(book, PERPETUAL, market, M_FUNDING)] += rate * elapsed
            book.cells[cell(book, PERPETUAL, market, M_FUNDED_AT)] = time


@njit(types.UniTuple(float64, 2)(BOOK, int64), cache=True)
def lines(book: Book, market: int) -> tuple[float, float]:
    """What a long's threshold must exceed, and a short's fall below, to be liquidated [USD]: price, margin, funding.

    A contract of size s lacks |s| times the difference to the maintenance margin.
    """
    price, funding = price_of(book, market), get(book, PERPETUAL, market, M_FUNDING)
    share = get(book, PERPETUAL, market, M_MAINTENANCE)
    return price * (1.0 - share) - funding, price * (1.0 + share) - funding


@njit(float64(float64), cache=True)
def short_key(threshold: float) -> float:
    """Key of a threshold that the price must rise above: the larger, the lower the threshold."""
    return 1.0 / threshold if threshold > 0.0 else np.inf


@njit(boolean(BOOK, int64), cache=True)
def for_sale(book: Book, contract: int) -> bool:
    """Whether a contract is that of a place for auctions: nobody trades on it, and its margin is not watched."""
    return index(book, ACCOUNT, index(book, CONTRACT, contract, X_OWNER), A_VENUE) != 0


@njit(void(BOOK, int64), cache=True)
def watch(book: Book, contract: int) -> None:
    """Put a contract, and all that share its margin, among those that the lines of their markets may reach.

    What equity exceeds maintenance margin by is shared out over the ring by value: the ring can be liquidated only
    when some contract's share is used up. For a contract by itself that is when it can be.
    """
    equity, maintenance, _ = margin_of(book, contract)
    gross, members, at = 0.0, 0, contract
    while True:
        value = abs(get(book, CONTRACT, at, X_SIZE)) * price_of(book, index(book, CONTRACT, at, X_MARKET))
        gross += value
        members += 1
        at = index(book, CONTRACT, at, X_NEXT)
        if at == contract:
            break
    loans, positions = length(book, LENDING), length(book, POSITION)
    while True:
        market, size = index(book, CONTRACT, at, X_MARKET), get(book, CONTRACT, at, X_SIZE)
        if size == 0.0 or at == index(book, PERPETUAL, market, M_MAKER) or for_sale(book, at):
            place(book, -1, positions + at, 0.0)
        else:
            share = abs(size) * price_of(book, market) / gross if gross > 0.0 else 1.0 / members
            spare = (equity - maintenance) * share / abs(size)
            long, short = lines(book, market)
            if size > 0.0:
                place(book, loans + 2 * market, positions + at, long - spare)
            else:
                place(book, loans + 2 * market + 1, positions + at, short_key(short + spare))
        at = index(book, CONTRACT, at, X_NEXT)
        if at == contract:
            return


@njit(void(BOOK, int64, float64), cache=True)
def _write_cash(book: Book, contract: int, cash: float) -> None:
    market = index(book, CONTRACT, contract, X_MARKET)
    put(book, cell(book, CONTRACT, contract, X_CASH), cash)
    put(book, cell(book, CONTRACT, contract, X_FUNDED), get(book, PERPETUAL, market, M_FUNDING))


@njit(void(BOOK, int64, float64), cache=True)
def set_cash(book: Book, contract: int, cash: float) -> None:
    """Set the cash of a contract; funding up to now must be in it."""
    _write_cash(book, contract, cash)
    watch(book, contract)


@njit(void(BOOK, int64, float64, float64), cache=True)
def _shift(book: Book, contract: int, change: float, price: float) -> None:
    """Change a size at a price; the entry price is the mean of what opened the size, for the ranking alone."""
    before = get(book, CONTRACT, contract, X_SIZE)
    after = before + change
    _write_cash(book, contract, cash_of(book, contract) - change * price)
    entry = get(book, CONTRACT, contract, X_ENTRY)
    if before == 0.0 or before * after < 0.0:
        entry = price
    elif abs(after) > abs(before):
        entry = (entry * before + price * change) / after
    put(book, cell(book, CONTRACT, contract, X_SIZE), after)
    put(book, cell(book, CONTRACT, contract, X_ENTRY), entry)
    watch(book, contract)


@njit(void(BOOK, int64, int64, float64, float64), cache=True)
def exchange(book: Book, contract: int, other: int, change: float, price: float) -> None:
    """Let one contract take `change`, whole lots, from another."""
    _shift(book, contract, change, price)
    _shift(book, other, -change, price)


@njit(cache=True)
def check(book: Book, row: Row) -> int:
    """Whether an intent names a trader's contract and an amount; returns a reason (0: it does)."""
    market, contract = row.venue, row.target
    if market < 0 or market >= length(book, PERPETUAL) or index(book, PERPETUAL, market, M_ROLLUP) != row.rollup:
        return WRONG_VENUE
    if contract < 0 or contract >= length(book, CONTRACT) or index(book, CONTRACT, contract, X_MARKET) != market:
        return WRONG_VENUE
    if contract == index(book, PERPETUAL, market, M_MAKER) or for_sale(book, contract):
        return NOT_ALLOWED
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return BAD_AMOUNT
    return OK


@njit(cache=True)
def deposit(book: Book, row: Row) -> int:
    """Pay margin into a contract; anybody may."""
    wrong = check(book, row)
    if wrong != OK:
        return wrong
    vault = index(book, PERPETUAL, row.venue, M_ACCOUNT)
    if not move(book, row.sender, vault, row.rollup, 0, row.amount, MARGIN):
        return POOR
    set_cash(book, row.target, cash_of(book, row.target) + row.amount)
    row.filled_in = row.amount
    return OK


@njit(cache=True)
def withdraw(book: Book, row: Row) -> int:
    """Take margin out, down to the initial margin."""
    wrong = check(book, row)
    if wrong != OK:
        return wrong
    if index(book, CONTRACT, row.target, X_OWNER) != row.sender:
        return NOT_OWNER
    equity, _, initial = margin_of(book, row.target)
    if not equity - row.amount >= initial:
        return UNHEALTHY
    if not move(book, index(book, PERPETUAL, row.venue, M_ACCOUNT), row.sender, row.rollup, 0, row.amount, MARGIN):
        return NO_LIQUIDITY
    set_cash(book, row.target, cash_of(book, row.target) - row.amount)
    row.filled_out = row.amount
    return OK


@njit(cache=True)
def trade(book: Book, row: Row) -> int:
    """Buy (asset_in 0) or sell `amount` contracts, cut to whole lots, at the maker's quote.

    The price is no worse than `limit` (0: any).
    """
    wrong = check(book, row)
    if wrong != OK:
        return wrong
    if index(book, CONTRACT, row.target, X_OWNER) != row.sender:
        return NOT_OWNER
    market, maker = row.venue, index(book, PERPETUAL, row.venue, M_MAKER)
    if price_of(book, market) <= 0.0:
        return NO_LIQUIDITY
    amount = whole_lots(row.amount)
    if amount == 0.0 or amount > LARGEST:
        return BAD_AMOUNT
    change = amount if row.asset_in == 0 else -amount
    price = quote(book, market, change)
    if row.limit > 0.0 and (price - row.limit) * change > 0.0:
        return LIMIT
    size, inventory = get(book, CONTRACT, row.target, X_SIZE), get(book, CONTRACT, maker, X_SIZE)
    exchange(book, row.target, maker, change, price)
    fee = amount * price * get(book, PERPETUAL, market, M_FEE)
    fees = index(book, PERPETUAL, market, M_FEE_ACCOUNT)
    if not move(book, index(book, PERPETUAL, market, M_ACCOUNT), fees, row.rollup, 0, fee, FEE):
        return NO_LIQUIDITY
    set_cash(book, row.target, cash_of(book, row.target) - fee)
    equity, maintenance, initial = margin_of(book, row.target)
    reduces = abs(size + change) < abs(size) and size * (size + change) >= 0.0
    # written so that a number that is not finite fails
    if not equity >= (maintenance if reduces else initial):
        return UNHEALTHY
    _, _, needed = margin_of(book, maker)
    if abs(inventory - change) > abs(inventory) and margin_of(book, maker)[0] < needed:
        return NO_LIQUIDITY
    row.filled_in, row.filled_out = amount * price, amount
    return OK


@njit(cache=True)
def set_spread(book: Book, row: Row) -> int:
    """Quote a half spread of `amount` from now on; only the owner of the market's maker may."""
    market = row.venue
    if market < 0 or market >= length(book, PERPETUAL) or index(book, PERPETUAL, market, M_ROLLUP) != row.rollup:
        return WRONG_VENUE
    if index(book, CONTRACT, index(book, PERPETUAL, market, M_MAKER), X_OWNER) != row.sender:
        return NOT_OWNER
    # written so that a number that is not finite fails
    if not 0.0 <= row.amount < 1.0:
        return BAD_AMOUNT
    put(book, cell(book, PERPETUAL, market, M_SPREAD), row.amount)
    return OK
