"""Lending markets: collateral, debt with interest, health. Who can be liquidated: `at_risk`; how: `liquidations`.

Debt is kept over the market's index, which grows at the borrowing rate: interest costs one multiplication per market.
For the same reason a position's *key*, debt over collateral and threshold, orders positions by the price at which they
can be liquidated whatever the index: a position is liquidatable when key x index x price of the debt exceeds the price
of the collateral, both as the rollup's oracle says.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64, njit

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.ledger import Why, move
from market.state.store import STATE, State, Tables, cell, get, index, length
from market.venues.lending.rates import borrowing_rate, hand_out
from market.venues.lending.tables import LendingMarket, Loan
from market.venues.liquidation.thresholds import relist
from market.venues.oracles.rules import oracle_price


@njit(cache=True)
def key_of(collateral: float, debt: float, threshold: float) -> float:
    """Debt (over the index) per unit of collateral and threshold; 0 without debt, inf without collateral."""
    if debt <= 0.0:
        return 0.0
    if collateral <= 0.0:
        return np.inf
    return debt / (collateral * threshold)


@njit(cache=True)
def position_key(state: State, position: int) -> float:
    """Key of a position: it can be liquidated once its key exceeds the market's line."""
    threshold = get(state, LendingMarket.threshold, index(state, Loan.market, position))
    return key_of(get(state, Loan.collateral, position), get(state, Loan.debt, position), threshold)


@njit(cache=True)
def list_loan(state: State, position: int) -> None:
    """Put a position among those that its market's line may reach: with debt, and with collateral to seize."""
    key = position_key(state, position)
    market = index(state, Loan.market, position)
    group = index(state, LendingMarket.group, market) if 0.0 < key < np.inf else -1
    relist(state, group, index(state, Loan.member, position), key)


@njit(cache=True)
def price_ratio(state: State, market: int) -> float:
    """Oracle price of the collateral in units of the debt asset; 0 while either is missing."""
    debt = oracle_price(state, index(state, LendingMarket.feed_debt, market))
    collateral = oracle_price(state, index(state, LendingMarket.feed_collateral, market))
    return collateral / debt if debt > 0.0 and collateral > 0.0 else 0.0


@njit(cache=True)
def liquidation_line(state: State, market: int) -> float:
    """Key above which positions of a market can be liquidated now; inf while a price is missing."""
    ratio = price_ratio(state, market)
    return ratio / get(state, LendingMarket.index, market) if ratio > 0.0 else np.inf


@njit(cache=True)
def health(state: State, position: int) -> float:
    """Health factor: threshold x collateral value / debt; inf without debt."""
    return health_at(state, position, liquidation_line(state, index(state, Loan.market, position)))


@njit(float64(STATE, int64, float64), cache=True)
def health_at(state: State, position: int, line: float) -> float:
    """Health factor where the market's line is another than now; inf without debt."""
    key = position_key(state, position)
    return np.inf if key == 0.0 else line / key


@njit(cache=True)
def accrue(state: State, time: float) -> None:
    """Let interest of every market accrue up to `time`. Not journalled: time is nobody's intent."""
    for market in range(length(state, LendingMarket.rollup)):
        elapsed = time - get(state, LendingMarket.accrued_at, market)
        if elapsed > 0.0:
            # nothing has moved since the last block: the rate that it left holds for all of the time
            rate = borrowing_rate(state, market)
            growth = np.exp(rate * elapsed)
            grown = get(state, LendingMarket.index, market) * growth
            interest = get(state, LendingMarket.scaled_debt, market) * (grown - get(state, LendingMarket.index, market))
            hand_out(state, market, interest)
            state.cells[cell(state, LendingMarket.rate, market)] = rate
            state.cells[cell(state, LendingMarket.interest, market)] += interest
            state.cells[cell(state, LendingMarket.index, market)] = grown
            state.cells[cell(state, LendingMarket.accrued_at, market)] = time


@njit(cache=True)
def set_position(state: State, position: int, collateral: float, debt: float) -> None:
    """Give a position other collateral and debt [asset; debt asset over the index], and the market its new total."""
    market = index(state, Loan.market, position)
    change = debt - get(state, Loan.debt, position)
    put(state, cell(state, Loan.collateral, position), collateral)
    put(state, cell(state, Loan.debt, position), debt)
    if change != 0.0:
        # the total is a running sum: rounding must not leave a debt below nothing
        total = max(0.0, get(state, LendingMarket.scaled_debt, market) + change)
        put(state, cell(state, LendingMarket.scaled_debt, market), total)
    key = position_key(state, position)
    list_loan(state, position)
    # an upper bound is enough to know that nobody can be liquidated; a list of who can be tightens it
    if key > get(state, LendingMarket.key_bound, market):
        put(state, cell(state, LendingMarket.key_bound, market), key)


@njit(cache=True)
def check(state: State, row: Row) -> int:
    """Whether an intent names a position of its market and an amount; returns a reason (0: it does)."""
    market, position = row.venue, row.target
    if (
        market < 0
        or market >= length(state, LendingMarket.rollup)
        or index(state, LendingMarket.rollup, market) != row.rollup
    ):
        return Reason.WRONG_VENUE
    if position < 0 or position >= length(state, Loan.market) or index(state, Loan.market, position) != market:
        return Reason.WRONG_VENUE
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    return Reason.NONE


@njit(cache=True)
def _account(state: State, market: int) -> int:
    return index(state, LendingMarket.account, market)


@njit(cache=True)
def collateral_rollup(state: State, market: int) -> int:
    """Rollup on which a market's collateral lies: its own, or another that is sequenced together with it."""
    return index(state, LendingMarket.collateral_rollup, market)


@njit(cache=True)
def deposit(state: State, row: Row, time: float) -> int:
    """Add collateral to a position; anybody may."""
    wrong = check(state, row)
    if wrong != Reason.NONE:
        return wrong
    asset, held_on = index(state, LendingMarket.collateral, row.venue), collateral_rollup(state, row.venue)
    if not move(state, row.sender, _account(state, row.venue), held_on, asset, row.amount, Why.COLLATERAL):
        return Reason.INSUFFICIENT_BALANCE
    held = get(state, Loan.collateral, row.target)
    set_position(state, row.target, held + row.amount, get(state, Loan.debt, row.target))
    row.filled_in = row.amount
    return Reason.NONE


@njit(cache=True)
def _too_risky(state: State, position: int) -> bool:
    """Whether debt exceeds the largest loan-to-value at which one may take more risk."""
    market = index(state, Loan.market, position)
    limit = get(state, LendingMarket.threshold, market) / get(state, LendingMarket.max_ltv, market)
    return not (price_ratio(state, market) > 0.0 and health(state, position) >= limit)


@njit(cache=True)
def withdraw(state: State, row: Row, time: float) -> int:
    """Take collateral out of one's position while the loan stays within the largest loan-to-value."""
    wrong = check(state, row)
    if wrong != Reason.NONE:
        return wrong
    if index(state, Loan.owner, row.target) != row.sender:
        return Reason.NOT_OWNER
    debt = get(state, Loan.debt, row.target)
    left = get(state, Loan.collateral, row.target) - row.amount
    if left < 0.0:
        return Reason.INSUFFICIENT_BALANCE
    set_position(state, row.target, left, debt)
    if debt > 0.0 and _too_risky(state, row.target):
        return Reason.UNHEALTHY
    asset, held_on = index(state, LendingMarket.collateral, row.venue), collateral_rollup(state, row.venue)
    if not move(state, _account(state, row.venue), row.sender, held_on, asset, row.amount, Why.COLLATERAL):
        return Reason.NO_LIQUIDITY
    row.filled_out = row.amount
    return Reason.NONE


@njit(cache=True)
def borrow(state: State, row: Row, time: float) -> int:
    """Take debt against one's collateral, up to the largest loan-to-value."""
    wrong = check(state, row)
    if wrong != Reason.NONE:
        return wrong
    if index(state, Loan.owner, row.target) != row.sender:
        return Reason.NOT_OWNER
    debt = get(state, Loan.debt, row.target) + row.amount / get(state, LendingMarket.index, row.venue)
    set_position(state, row.target, get(state, Loan.collateral, row.target), debt)
    if _too_risky(state, row.target):
        return Reason.UNHEALTHY
    asset = index(state, LendingMarket.debt, row.venue)
    if not move(state, _account(state, row.venue), row.sender, row.rollup, asset, row.amount, Why.LOAN):
        return Reason.NO_LIQUIDITY
    row.filled_out = row.amount
    return Reason.NONE


@njit(cache=True)
def owed(state: State, position: int) -> float:
    """Debt of a position with interest [debt asset]."""
    market = index(state, Loan.market, position)
    return get(state, Loan.debt, position) * get(state, LendingMarket.index, market)


@njit(cache=True)
def repay(state: State, row: Row, time: float) -> int:
    """Pay back debt of a position, at most what it owes; anybody may."""
    wrong = check(state, row)
    if wrong != Reason.NONE:
        return wrong
    debt = owed(state, row.target)
    if debt <= 0.0:
        return Reason.BAD_AMOUNT
    paid = min(row.amount, debt)
    asset = index(state, LendingMarket.debt, row.venue)
    if not move(state, row.sender, _account(state, row.venue), row.rollup, asset, paid, Why.REPAYMENT):
        return Reason.INSUFFICIENT_BALANCE
    left = 0.0 if paid == debt else (debt - paid) / get(state, LendingMarket.index, row.venue)
    set_position(state, row.target, get(state, Loan.collateral, row.target), left)
    row.filled_in = paid
    return Reason.NONE


def open_positions(tables: Tables, positions: np.ndarray, collateral: np.ndarray, debt: np.ndarray) -> None:
    """Enter loans of one market that exist when it opens; their collateral must already lie in the market's account.

    The index of them is set up afterwards, by `reindex.reindex`.
    `positions`, `collateral` and `debt` have one shape; amounts are in units of the market's assets.
    """
    if not positions.size:
        return
    market = int(tables.loans["market"][positions[0]])
    tables.loans["collateral"][positions] = collateral
    tables.loans["debt"][positions] = debt
    tables.lending["scaled_debt"][market] += debt.sum()
    keys = debt / (collateral * tables.lending["threshold"][market])
    tables.lending["key_bound"][market] = max(tables.lending["key_bound"][market], keys.max())
