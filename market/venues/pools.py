"""Constant-product pools, with fees kept apart from the reserves or, as the oldest pools do, inside.

A pool's reserves are the balances of its account. With reserves (x, y) and input fee f, an input d returns
y (1-f) d / (x + (1-f) d). Fees kept apart never enter the curve: they wait in a second account until the providers
claim them, and accrue per share, so that who provided when decides who is owed what. Fees kept inside add to x.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64, njit

from market.compiled import kernel
from market.intents import Reason, Row
from market.ledger import Why, move, put, within
from market.state import (
    A_PROVIDER,
    ACCOUNT,
    BOOK,
    P_ACCOUNT,
    P_ASSET0,
    P_ASSET1,
    P_CUMULATIVE,
    P_CUMULATIVE_TIME,
    P_FEE,
    P_FEE_ACCOUNT,
    P_FEES_INSIDE,
    P_GROWTH0,
    P_GROWTH1,
    P_ROLLUP,
    P_SHARES,
    POOL,
    PROVISION,
    V_CLAIMED0,
    V_SHARES,
    Book,
    Tables,
    balance,
    cell,
    get,
    index,
    length,
)

OK = int(Reason.NONE)
BAD_AMOUNT = int(Reason.BAD_AMOUNT)
POOR = int(Reason.INSUFFICIENT_BALANCE)
LIMIT = int(Reason.LIMIT)
WRONG_VENUE = int(Reason.WRONG_VENUE)
NO_LIQUIDITY = int(Reason.NO_LIQUIDITY)
NOT_ALLOWED = int(Reason.NOT_ALLOWED)
SWAP, POOL_FEE, LIQUIDITY = int(Why.SWAP), int(Why.POOL_FEE), int(Why.LIQUIDITY)


@kernel
def output(reserve_in: float, reserve_out: float, fee: float, amount: float) -> float:
    """Output of an exact input [units of the asset out]."""
    net = amount * (1.0 - fee)
    return reserve_out * net / (reserve_in + net)


@njit(float64(BOOK, int64, int64), cache=True)
def reserve(book: Book, pool: int, asset: int) -> float:
    """Reserve of one of a pool's two assets [units of the asset]."""
    return balance(book, index(book, POOL, pool, P_ACCOUNT), index(book, POOL, pool, P_ROLLUP), asset)


@kernel
def trades(book: Book, pool: int, rollup: int, asset_in: int, asset_out: int) -> bool:
    """Whether the pool exists, stands on this rollup and exchanges these two assets."""
    if pool < 0 or pool >= length(book, POOL) or index(book, POOL, pool, P_ROLLUP) != rollup:
        return False
    first, second = index(book, POOL, pool, P_ASSET0), index(book, POOL, pool, P_ASSET1)
    return (asset_in == first and asset_out == second) or (asset_in == second and asset_out == first)


@kernel
def accumulate_price(book: Book, pool: int, time: float) -> None:
    """Add price times time since the last change to the pool's accumulator, from which time-weighted prices come."""
    elapsed = time - get(book, POOL, pool, P_CUMULATIVE_TIME)
    base = reserve(book, pool, index(book, POOL, pool, P_ASSET0))
    if elapsed <= 0.0 or base <= 0.0:
        return
    price = reserve(book, pool, index(book, POOL, pool, P_ASSET1)) / base
    put(book, cell(book, POOL, pool, P_CUMULATIVE), get(book, POOL, pool, P_CUMULATIVE) + price * elapsed)
    put(book, cell(book, POOL, pool, P_CUMULATIVE_TIME), time)


@kernel
def swap(book: Book, row: Row, time: float) -> int:
    """Exact input for at least `limit` out. Fills the receipt; returns a reason (0: filled)."""
    pool, rollup = row.venue, row.rollup
    if not trades(book, pool, rollup, row.asset_in, row.asset_out):
        return WRONG_VENUE
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return BAD_AMOUNT
    reserve_in, reserve_out = reserve(book, pool, row.asset_in), reserve(book, pool, row.asset_out)
    if reserve_in <= 0.0 or reserve_out <= 0.0:
        return NO_LIQUIDITY
    rate = get(book, POOL, pool, P_FEE)
    out = output(reserve_in, reserve_out, rate, row.amount)
    # out < reserve_out holds exactly in real numbers; rounding must not empty a pool either
    if out >= reserve_out:
        return NO_LIQUIDITY
    if out < row.limit:
        return LIMIT
    accumulate_price(book, pool, time)
    account = index(book, POOL, pool, P_ACCOUNT)
    fee = row.amount * rate
    inside = get(book, POOL, pool, P_FEES_INSIDE) > 0.0
    fees = account if inside else index(book, POOL, pool, P_FEE_ACCOUNT)
    if not move(book, row.sender, fees, rollup, row.asset_in, fee, POOL_FEE):
        return POOR
    net = within(book, row.sender, rollup, row.asset_in, row.amount - fee)
    if not move(book, row.sender, account, rollup, row.asset_in, net, SWAP):
        return POOR
    move(book, account, row.sender, rollup, row.asset_out, out, SWAP)
    shares = get(book, POOL, pool, P_SHARES)
    if shares > 0.0 and fee > 0.0 and not inside:
        growth = P_GROWTH0 if row.asset_in == index(book, POOL, pool, P_ASSET0) else P_GROWTH1
        put(book, cell(book, POOL, pool, growth), get(book, POOL, pool, growth) + fee / shares)
    row.filled_in = row.amount
    row.filled_out = out
    return OK


@njit(cache=True)
def provision_row(book: Book, provider: int, pool: int) -> int:
    """Row of the provision table of one provider in one pool."""
    return provider * length(book, POOL) + pool


@njit(cache=True)
def claim(book: Book, account: int, pool: int) -> None:
    """Pay a provider the fees owed since the last claim."""
    at = provision_row(book, index(book, ACCOUNT, account, A_PROVIDER), pool)
    provided = get(book, PROVISION, at, V_SHARES)
    rollup, fees = index(book, POOL, pool, P_ROLLUP), index(book, POOL, pool, P_FEE_ACCOUNT)
    for side in range(2):
        asset = index(book, POOL, pool, P_ASSET0 + side)
        growth = get(book, POOL, pool, P_GROWTH0 + side)
        owed = provided * (growth - get(book, PROVISION, at, V_CLAIMED0 + side))
        # the fee account is the sum of what is owed up to rounding: never pay more than it holds
        owed = min(owed, balance(book, fees, rollup, asset))
        if owed > 0.0:
            move(book, fees, account, rollup, asset, owed, POOL_FEE)
        put(book, cell(book, PROVISION, at, V_CLAIMED0 + side), growth)


@njit(cache=True)
def _change_shares(book: Book, account: int, pool: int, change: float) -> None:
    at = provision_row(book, index(book, ACCOUNT, account, A_PROVIDER), pool)
    put(book, cell(book, PROVISION, at, V_SHARES), get(book, PROVISION, at, V_SHARES) + change)
    put(book, cell(book, POOL, pool, P_SHARES), get(book, POOL, pool, P_SHARES) + change)


@njit(cache=True)
def _may_provide(book: Book, row: Row) -> int:
    if row.venue < 0 or row.venue >= length(book, POOL) or index(book, POOL, row.venue, P_ROLLUP) != row.rollup:
        return WRONG_VENUE
    if index(book, ACCOUNT, row.sender, A_PROVIDER) < 0:
        return NOT_ALLOWED
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return BAD_AMOUNT
    return OK


@njit(cache=True)
def add_liquidity(book: Book, row: Row) -> int:
    """Provide `amount` of the first asset and the second in proportion; at most `limit` of the second (0: any)."""
    wrong = _may_provide(book, row)
    if wrong != OK:
        return wrong
    pool, account = row.venue, index(book, POOL, row.venue, P_ACCOUNT)
    asset0, asset1 = index(book, POOL, pool, P_ASSET0), index(book, POOL, pool, P_ASSET1)
    reserve0, reserve1 = reserve(book, pool, asset0), reserve(book, pool, asset1)
    shares = get(book, POOL, pool, P_SHARES)
    if reserve0 <= 0.0 or reserve1 <= 0.0 or shares <= 0.0:
        return NO_LIQUIDITY
    second = row.amount * reserve1 / reserve0
    if row.limit > 0.0 and second > row.limit:
        return LIMIT
    claim(book, row.sender, pool)
    if not move(book, row.sender, account, row.rollup, asset0, row.amount, LIQUIDITY):
        return POOR
    if not move(book, row.sender, account, row.rollup, asset1, second, LIQUIDITY):
        return POOR
    minted = shares * row.amount / reserve0
    _change_shares(book, row.sender, pool, minted)
    row.filled_in = row.amount
    row.filled_out = minted
    return OK


@njit(cache=True)
def remove_liquidity(book: Book, row: Row) -> int:
    """Burn `amount` shares for their part of the reserves and all fees owed."""
    wrong = _may_provide(book, row)
    if wrong != OK:
        return wrong
    pool, account = row.venue, index(book, POOL, row.venue, P_ACCOUNT)
    at = provision_row(book, index(book, ACCOUNT, row.sender, A_PROVIDER), pool)
    if row.amount > get(book, PROVISION, at, V_SHARES):
        return POOR
    # a pool that is emptied has no price to restart from
    if row.amount >= get(book, POOL, pool, P_SHARES):
        return NO_LIQUIDITY
    claim(book, row.sender, pool)
    part = row.amount / get(book, POOL, pool, P_SHARES)
    for side in range(2):
        asset = index(book, POOL, pool, P_ASSET0 + side)
        amount = reserve(book, pool, asset) * part
        move(book, account, row.sender, row.rollup, asset, amount, LIQUIDITY)
        if side == 0:
            row.filled_out = amount
    _change_shares(book, row.sender, pool, -row.amount)
    row.filled_in = row.amount
    return OK


def seed_pool(tables: Tables, pool: int, account: int) -> None:
    """Give the first provider the shares of reserves that are already there: one share per unit of the first asset."""
    holder, rollup, asset0 = (int(tables.pool[pool, column]) for column in (P_ACCOUNT, P_ROLLUP, P_ASSET0))
    shares = tables.balance[holder, rollup, asset0]
    tables.pool[pool, P_SHARES] = shares
    tables.provision[int(tables.account[account, A_PROVIDER]), pool, V_SHARES] = shares
