"""Closing contracts of perpetuals that are under their maintenance margin: the fund, and auto-deleveraging."""

from __future__ import annotations

import numpy as np
from numba import float64, int64, njit, types, void

from market.intents import Reason, Row
from market.ledger import Why, full, move, put
from market.state import (
    AUCTION,
    BOOK,
    BUCKET,
    CONTRACT,
    D_DESIGN,
    E_BUCKET,
    ENTRY,
    G_FIRST,
    LENDING,
    M_ACCOUNT,
    M_DELEVERAGED,
    M_FUND,
    M_FUNDING,
    M_MAKER,
    M_REWARD,
    M_ROLLUP,
    PERPETUAL,
    POSITION,
    X_ENTRY,
    X_MARKET,
    X_NEXT,
    X_SIZE,
    Book,
    balance,
    cell,
    get,
    index,
    length,
)
from market.venues.lending import in_grace
from market.venues.perpetuals import cash_of, check, exchange, lines, margin_of, price_of, quote, set_cash, short_key
from market.venues.thresholds import NEAR, bucket_of, first, following, in_order, keep, top

OK, HEALTHY, NO_LIQUIDITY = int(Reason.NONE), int(Reason.HEALTHY), int(Reason.NO_LIQUIDITY)
NOT_ALLOWED, GRACE = int(Reason.NOT_ALLOWED), int(Reason.GRACE)
REWARD, FUND = int(Why.LIQUIDATION), int(Why.INSURANCE)


@njit(float64(BOOK, int64), cache=True, error_model="numpy")
def _rank(book: Book, contract: int) -> float:
    """Order of auto-deleveraging: profit over entry value, times leverage. What was had for nothing ranks first."""
    market = index(book, CONTRACT, contract, X_MARKET)
    size, entry, price = (
        get(book, CONTRACT, contract, X_SIZE),
        get(book, CONTRACT, contract, X_ENTRY),
        price_of(book, market),
    )
    equity, _, _ = margin_of(book, contract)
    gain = np.sign(size) * (price - entry) / entry
    return gain * abs(size) * price / max(equity, 1e-9 * abs(size) * price)


@njit(void(BOOK, int64, float64), cache=True)
def _deleverage(book: Book, contract: int, price: float) -> None:
    """Close a contract against the best-ranked contracts of the other side at a price."""
    market = index(book, CONTRACT, contract, X_MARKET)
    # a stretch too long to be undone writes no more, and is undone: its sizes never become nothing
    while get(book, CONTRACT, contract, X_SIZE) != 0.0 and not full(book):
        size = get(book, CONTRACT, contract, X_SIZE)
        best, highest = -1, -np.inf
        for other in range(length(book, CONTRACT)):
            opposite = index(book, CONTRACT, other, X_MARKET) == market
            if opposite and get(book, CONTRACT, other, X_SIZE) * size < 0.0:
                rank = _rank(book, other)
                if rank > highest:
                    best, highest = other, rank
        if best < 0:
            return
        change = min(abs(size), abs(get(book, CONTRACT, best, X_SIZE)))
        exchange(book, contract, best, -change if size > 0.0 else change, price)
        counter = cell(book, PERPETUAL, market, M_DELEVERAGED)
        put(book, counter, book.cells[counter] + change * price)


@njit(types.UniTuple(float64, 2)(BOOK, int64), cache=True)
def _proceeds(book: Book, contract: int) -> tuple[float, float]:
    """What is left of shared margin when all its contracts are closed with the makers, and their value [USD]."""
    left, value = 0.0, 0.0
    at = contract
    while True:
        size, market = get(book, CONTRACT, at, X_SIZE), index(book, CONTRACT, at, X_MARKET)
        left += cash_of(book, at)
        if size != 0.0:
            left += size * quote(book, market, -size)
        value += abs(size) * price_of(book, market)
        at = index(book, CONTRACT, at, X_NEXT)
        if at == contract:
            return left, value


@njit(float64(BOOK, int64, int64, float64), cache=True)
def _insure(book: Book, contract: int, rollup: int, missing: float) -> float:
    """Let the funds of the markets of a shared margin pay what it lacks; returns what is missing when all are empty.

    A fund that cannot pay returns -1.
    """
    vault = index(book, PERPETUAL, index(book, CONTRACT, contract, X_MARKET), M_ACCOUNT)
    at = contract
    while missing > 0.0:
        if get(book, CONTRACT, at, X_SIZE) != 0.0:
            fund = index(book, PERPETUAL, index(book, CONTRACT, at, X_MARKET), M_FUND)
            paid = min(balance(book, fund, rollup, 0), missing)
            if not move(book, fund, vault, rollup, 0, paid, FUND):
                return -1.0
            set_cash(book, contract, cash_of(book, contract) + paid)
            missing -= paid
        at = index(book, CONTRACT, at, X_NEXT)
        if at == contract:
            break
    return missing


@njit(cache=True)
def liquidate(book: Book, row: Row) -> int:
    """Close a contract under maintenance margin, with all that share its margin; anybody may, for a reward."""
    wrong = check(book, row)
    if wrong != OK:
        return wrong
    if index(book, AUCTION, length(book, LENDING) + row.venue, D_DESIGN) != 0:
        return NOT_ALLOWED  # what this market liquidates it sells by auction
    if in_grace(book, row.rollup):
        return GRACE
    equity, maintenance, _ = margin_of(book, row.target)
    if not equity < maintenance:
        return HEALTHY
    return close(book, row, row.target)


@njit(cache=True)
def close(book: Book, row: Row, contract: int) -> int:
    """Close a contract, with all that share its margin; whoever asked has a reward, the fund or the maker the rest."""
    market = index(book, CONTRACT, contract, X_MARKET)
    equity, _, _ = margin_of(book, contract)
    vault, fund = index(book, PERPETUAL, market, M_ACCOUNT), index(book, PERPETUAL, market, M_FUND)
    left, value = _proceeds(book, contract)
    if not (0.0 < value < np.inf and np.isfinite(left)):
        return NO_LIQUIDITY
    missing = _insure(book, contract, row.rollup, max(-left, 0.0))
    if missing < 0.0:
        return NO_LIQUIDITY
    short = missing > 0.0
    equity += max(-left, 0.0) - missing
    at = contract
    while True:
        size, held_in = get(book, CONTRACT, at, X_SIZE), index(book, CONTRACT, at, X_MARKET)
        if size != 0.0 and short:
            # shared margin is missing from each contract in proportion to its value
            share = abs(size) * price_of(book, held_in) / value
            _deleverage(book, at, price_of(book, held_in) - equity * share / size)
        elif size != 0.0:
            price = quote(book, held_in, -size)
            exchange(book, at, index(book, PERPETUAL, held_in, M_MAKER), -size, price)
        at = index(book, CONTRACT, at, X_NEXT)
        if at == contract:
            break
    rest = 0.0
    while True:
        rest += cash_of(book, at)
        set_cash(book, at, 0.0)
        at = index(book, CONTRACT, at, X_NEXT)
        if at == contract:
            break
    reward = min(max(rest, 0.0), value * get(book, PERPETUAL, market, M_REWARD))
    if not move(book, vault, row.sender, row.rollup, 0, reward, REWARD):
        return NO_LIQUIDITY
    # what rounding left of a margin that is used up is neither gain nor loss: it stays in the vault with the maker
    if rest - reward > 0.0 and not short and left > 0.0:
        if not move(book, vault, fund, row.rollup, 0, rest - reward, FUND):
            return NO_LIQUIDITY
    else:
        maker = index(book, PERPETUAL, market, M_MAKER)
        set_cash(book, maker, cash_of(book, maker) + rest - reward)
    row.filled_in, row.filled_out = value, reward
    return OK


@njit(types.UniTuple(int64, 2)(BOOK, int64), cache=True)
def _lowest(book: Book, market: int) -> tuple[int, int]:
    """Lowest buckets of a market's longs and shorts in which somebody may be under margin."""
    long, short = lines(book, market)
    near = NEAR * (price_of(book, market) + abs(get(book, PERPETUAL, market, M_FUNDING)))
    group = length(book, LENDING) + 2 * market
    return bucket_of(book, group, long - near), bucket_of(book, group + 1, short_key(short + near))


@njit(int64(BOOK, int64), cache=True)
def _named(book: Book, contract: int) -> int:
    """First contract of a shared margin that has a size; -1 if one before `contract` is looked at, and names it too."""
    lead, at = contract, index(book, CONTRACT, contract, X_NEXT)
    while at != contract:
        size, market = get(book, CONTRACT, at, X_SIZE), index(book, CONTRACT, at, X_MARKET)
        if size != 0.0 and at < contract:
            side = 0 if size > 0.0 else 1
            lowest = _lowest(book, market)[side]
            group = length(book, LENDING) + 2 * market + side
            where = index(book, ENTRY, length(book, POSITION) + at, E_BUCKET)
            if where >= cell(book, BUCKET, group, G_FIRST + lowest):
                return -1
            lead = min(lead, at)
        at = index(book, CONTRACT, at, X_NEXT)
    return lead


@njit(int64(BOOK, int64, int64[::1]), cache=True)
def under_margin(book: Book, rollup: int, found: np.ndarray) -> int:
    """List the contracts of a rollup that can be liquidated now, one of each shared margin; return how many.

    Of a shared margin it is the first that has a size. Costs in proportion to the contracts over their market's lines.
    """
    count, positions = 0, length(book, POSITION)
    if in_grace(book, rollup):
        return 0
    for market in range(length(book, PERPETUAL)):
        if index(book, PERPETUAL, market, M_ROLLUP) != rollup:
            continue
        for side in range(2):
            lowest, group = _lowest(book, market)[side], length(book, LENDING) + 2 * market + side
            for bucket in range(top(book, group, lowest), lowest - 1, -1):
                at = first(book, group, bucket)
                while at >= 0:
                    equity, maintenance, _ = margin_of(book, at - positions)
                    lead = _named(book, at - positions) if equity < maintenance else -1
                    if lead >= 0:
                        count = keep(found, count, lead)
                    at = following(book, at)
    in_order(found, count)
    return count
