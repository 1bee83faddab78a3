"""Lending markets: collateral, debt with interest, health. Who can be liquidated: `at_risk`; how: `liquidations`.

Debt is kept over the market's index, which grows at the borrowing rate: interest costs one multiplication per market.
For the same reason a position's *key*, debt over collateral and threshold, orders positions by the price at which they
can be liquidated whatever the index: a position is liquidatable when key x index x price of the debt exceeds the price
of the collateral, both as the rollup's oracle says.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, int64, njit

from market.intents import Reason, Row
from market.ledger import Why, move, put
from market.state import (
    BOOK,
    F_PRICE,
    FEED,
    L_ACCOUNT,
    L_ACCRUED_AT,
    L_COLLATERAL,
    L_COLLATERAL_ROLLUP,
    L_DEBT,
    L_FEED_COLLATERAL,
    L_FEED_DEBT,
    L_INDEX,
    L_INTEREST,
    L_KEY_BOUND,
    L_MAX_LTV,
    L_RATE,
    L_ROLLUP,
    L_SCALED_DEBT,
    L_THRESHOLD,
    LENDING,
    N_COLLATERAL,
    N_DEBT,
    N_MARKET,
    N_OWNER,
    POSITION,
    R_GRACE,
    ROLLUP,
    Book,
    Tables,
    cell,
    get,
    index,
    length,
)
from market.venues.thresholds import place

OK = int(Reason.NONE)
BAD_AMOUNT = int(Reason.BAD_AMOUNT)
POOR = int(Reason.INSUFFICIENT_BALANCE)
LIMIT = int(Reason.LIMIT)
WRONG_VENUE = int(Reason.WRONG_VENUE)
UNHEALTHY = int(Reason.UNHEALTHY)
HEALTHY = int(Reason.HEALTHY)
NOT_OWNER = int(Reason.NOT_OWNER)
NO_LIQUIDITY = int(Reason.NO_LIQUIDITY)
NO_PRICE = int(Reason.NO_PRICE)
NOT_ALLOWED = int(Reason.NOT_ALLOWED)
TO_COLLATERAL, TO_LOAN, TO_REPAY = int(Why.COLLATERAL), int(Why.LOAN), int(Why.REPAYMENT)
TO_LIQUIDATE, TO_SEIZE = int(Why.LIQUIDATION), int(Why.SEIZURE)


@njit(cache=True)
def oracle_price(book: Book, feed: int) -> float:
    """Last posted price [USD]; the numeraire, which has no feed (-1), is worth one."""
    return 1.0 if feed < 0 else get(book, FEED, feed, F_PRICE)


@njit(cache=True)
def key_of(collateral: float, debt: float, threshold: float) -> float:
    """Debt (over the index) per unit of collateral and threshold; 0 without debt, inf without collateral."""
    if debt <= 0.0:
        return 0.0
    if collateral <= 0.0:
        return np.inf
    return debt / (collateral * threshold)


@njit(cache=True)
def position_key(book: Book, position: int) -> float:
    """Key of a position: it can be liquidated once its key exceeds the market's line."""
    threshold = get(book, LENDING, index(book, POSITION, position, N_MARKET), L_THRESHOLD)
    return key_of(get(book, POSITION, position, N_COLLATERAL), get(book, POSITION, position, N_DEBT), threshold)


@njit(cache=True)
def watch(book: Book, position: int) -> None:
    """Put a position among those that its market's line may reach: with debt, and with collateral to seize."""
    key = position_key(book, position)
    market = index(book, POSITION, position, N_MARKET)
    place(book, market if 0.0 < key < np.inf else -1, position, key)


@njit(cache=True)
def price_ratio(book: Book, market: int) -> float:
    """Oracle price of the collateral in units of the debt asset; 0 while either is missing."""
    debt = oracle_price(book, index(book, LENDING, market, L_FEED_DEBT))
    collateral = oracle_price(book, index(book, LENDING, market, L_FEED_COLLATERAL))
    return collateral / debt if debt > 0.0 and collateral > 0.0 else 0.0


@njit(cache=True)
def liquidation_line(book: Book, market: int) -> float:
    """Key above which positions of a market can be liquidated now; inf while a price is missing."""
    ratio = price_ratio(book, market)
    return ratio / get(book, LENDING, market, L_INDEX) if ratio > 0.0 else np.inf


@njit(boolean(BOOK, int64), cache=True)
def in_grace(book: Book, rollup: int) -> bool:
    """Whether liquidations on a rollup have not begun again after an outage of its sequencer."""
    return get(book, ROLLUP, rollup, R_GRACE) > 0.0


@njit(cache=True)
def health(book: Book, position: int) -> float:
    """Health factor: threshold x collateral value / debt; inf without debt."""
    key = position_key(book, position)
    if key == 0.0:
        return np.inf
    return liquidation_line(book, index(book, POSITION, position, N_MARKET)) / key


@njit(cache=True)
def accrue(book: Book, time: float) -> None:
    """Let interest of every market accrue up to `time`. Not journalled: time is nobody's intent."""
    for market in range(length(book, LENDING)):
        elapsed = time - get(book, LENDING, market, L_ACCRUED_AT)
        if elapsed > 0.0:
            growth = np.exp(get(book, LENDING, market, L_RATE) * elapsed)
            grown = get(book, LENDING, market, L_INDEX) * growth
            interest = get(book, LENDING, market, L_SCALED_DEBT) * (grown - get(book, LENDING, market, L_INDEX))
            book.cells[cell(book, LENDING, market, L_INTEREST)] += interest
            book.cells[cell(book, LENDING, market, L_INDEX)] = grown
            book.cells[cell(book, LENDING, market, L_ACCRUED_AT)] = time


@njit(cache=True)
def set_position(book: Book, position: int, collateral: float, debt: float) -> None:
    """Give a position other collateral and debt [asset; debt asset over the index], and the market its new total."""
    market = index(book, POSITION, position, N_MARKET)
    change = debt - get(book, POSITION, position, N_DEBT)
    put(book, cell(book, POSITION, position, N_COLLATERAL), collateral)
    put(book, cell(book, POSITION, position, N_DEBT), debt)
    if change != 0.0:
        # the total is a running sum: rounding must not leave a debt below nothing
        total = max(0.0, get(book, LENDING, market, L_SCALED_DEBT) + change)
        put(book, cell(book, LENDING, market, L_SCALED_DEBT), total)
    key = position_key(book, position)
    watch(book, position)
    # an upper bound is enough to know that nobody can be liquidated; a list of who can be tightens it
    if key > get(book, LENDING, market, L_KEY_BOUND):
        put(book, cell(book, LENDING, market, L_KEY_BOUND), key)


@njit(cache=True)
def check(book: Book, row: Row) -> int:
    """Whether an intent names a position of its market and an amount; returns a reason (0: it does)."""
    market, position = row.venue, row.target
    if market < 0 or market >= length(book, LENDING) or index(book, LENDING, market, L_ROLLUP) != row.rollup:
        return WRONG_VENUE
    if position < 0 or position >= length(book, POSITION) or index(book, POSITION, position, N_MARKET) != market:
        return WRONG_VENUE
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return BAD_AMOUNT
    return OK


@njit(cache=True)
def _account(book: Book, market: int) -> int:
    return index(book, LENDING, market, L_ACCOUNT)


@njit(cache=True)
def collateral_rollup(book: Book, market: int) -> int:
    """Rollup on which a market's collateral lies: its own, or another that is sequenced together with it."""
    return index(book, LENDING, market, L_COLLATERAL_ROLLUP)


@njit(cache=True)
def deposit(book: Book, row: Row) -> int:
    """Add collateral to a position; anybody may."""
    wrong = check(book, row)
    if wrong != OK:
        return wrong
    asset, place = index(book, LENDING, row.venue, L_COLLATERAL), collateral_rollup(book, row.venue)
    if not move(book, row.sender, _account(book, row.venue), place, asset, row.amount, TO_COLLATERAL):
        return POOR
    held = get(book, POSITION, row.target, N_COLLATERAL)
    set_position(book, row.target, held + row.amount, get(book, POSITION, row.target, N_DEBT))
    row.filled_in = row.amount
    return OK


@njit(cache=True)
def _too_risky(book: Book, position: int) -> bool:
    """Whether debt exceeds the largest loan-to-value at which one may take more risk."""
    market = index(book, POSITION, position, N_MARKET)
    limit = get(book, LENDING, market, L_THRESHOLD) / get(book, LENDING, market, L_MAX_LTV)
    return not (price_ratio(book, market) > 0.0 and health(book, position) >= limit)


@njit(cache=True)
def withdraw(book: Book, row: Row) -> int:
    """Take collateral out of one's position while the loan stays within the largest loan-to-value."""
    wrong = check(book, row)
    if wrong != OK:
        return wrong
    if index(book, POSITION, row.target, N_OWNER) != row.sender:
        return NOT_OWNER
    debt = get(book, POSITION, row.target, N_DEBT)
    left = get(book, POSITION, row.target, N_COLLATERAL) - row.amount
    if left < 0.0:
        return POOR
    set_position(book, row.target, left, debt)
    if debt > 0.0 and _too_risky(book, row.target):
        return UNHEALTHY
    asset, place = index(book, LENDING, row.venue, L_COLLATERAL), collateral_rollup(book, row.venue)
    if not move(book, _account(book, row.venue), row.sender, place, asset, row.amount, TO_COLLATERAL):
        return NO_LIQUIDITY
    row.filled_out = row.amount
    return OK


@njit(cache=True)
def borrow(book: Book, row: Row) -> int:
    """Take debt against one's collateral, up to the largest loan-to-value."""
    wrong = check(book, row)
    if wrong != OK:
        return wrong
    if index(book, POSITION, row.target, N_OWNER) != row.sender:
        return NOT_OWNER
    debt = get(book, POSITION, row.target, N_DEBT) + row.amount / get(book, LENDING, row.venue, L_INDEX)
    set_position(book, row.target, get(book, POSITION, row.target, N_COLLATERAL), debt)
    if _too_risky(book, row.target):
        return UNHEALTHY
    asset = index(book, LENDING, row.venue, L_DEBT)
    if not move(book, _account(book, row.venue), row.sender, row.rollup, asset, row.amount, TO_LOAN):
        return NO_LIQUIDITY
    row.filled_out = row.amount
    return OK


@njit(cache=True)
def owed(book: Book, position: int) -> float:
    """Debt of a position with interest [debt asset]."""
    market = index(book, POSITION, position, N_MARKET)
    return get(book, POSITION, position, N_DEBT) * get(book, LENDING, market, L_INDEX)


@njit(cache=True)
def repay(book: Book, row: Row) -> int:
    """Pay back debt of a position, at most what it owes; anybody may."""
    wrong = check(book, row)
    if wrong != OK:
        return wrong
    debt = owed(book, row.target)
    if debt <= 0.0:
        return BAD_AMOUNT
    paid = min(row.amount, debt)
    asset = index(book, LENDING, row.venue, L_DEBT)
    if not move(book, row.sender, _account(book, row.venue), row.rollup, asset, paid, TO_REPAY):
        return POOR
    left = 0.0 if paid == debt else (debt - paid) / get(book, LENDING, row.venue, L_INDEX)
    set_position(book, row.target, get(book, POSITION, row.target, N_COLLATERAL), left)
    row.filled_in = paid
    return OK


def open_positions(tables: Tables, positions: np.ndarray, collateral: np.ndarray, debt: np.ndarray) -> None:
    """Enter loans of one market that exist when it opens; their collateral must already lie in the market's account.

    What watches over them is set up afterwards, by `watch.reindex`.
    `positions`, `collateral` and `debt` have one shape; amounts are in units of the market's assets.
    """
    if not positions.size:
        return
    market = int(tables.position[positions[0], N_MARKET])
    tables.position[positions, N_COLLATERAL] = collateral
    tables.position[positions, N_DEBT] = debt
    tables.lending[market, L_SCALED_DEBT] += debt.sum()
    keys = debt / (collateral * tables.lending[market, L_THRESHOLD])
    tables.lending[market, L_KEY_BOUND] = max(tables.lending[market, L_KEY_BOUND], keys.max())
