"""Swaps on pools and shares in them, with fees kept apart from the reserves or, as the oldest pools do, inside.

A constant-product pool's reserves are the balances of its account. Fees kept apart never enter the curve: they wait in
a second account until the providers claim them, and accrue per share, so that who provided when decides who is owed
what. Fees kept inside add to the reserve. In a concentrated pool a share is a unit of liquidity over all prices, next
to which there are ranges (:mod:`market.venues.pools.ranges`).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.rows import Reason, Row
from market.kernel.compiled import kernel
from market.state.journal import put
from market.state.ledger import Why, move, move_inlined, within
from market.state.store import State, Tables, balance, cell, get, index, length
from market.state.tables import Account
from market.venues.pools.curve import accumulate_price, concentrated, deepen, output, reserve, trades, walk
from market.venues.pools.tables import Pool, Provision


@kernel
def _swap_over_ticks(state: State, row: Row, time: float) -> int:
    """Carry out a swap on a concentrated pool, which keeps fees apart."""
    pool, rollup = row.venue, row.rollup
    accumulate_price(state, pool, time)
    account, fees = index(state, Pool.account, pool), index(state, Pool.fee_account, pool)
    fee = row.amount * get(state, Pool.fee, pool)
    side = 0 if row.asset_in == index(state, Pool.asset, pool) else 1
    out = walk(state, pool, side, row.amount - fee, True)
    if out == np.inf:
        return Reason.NO_LIQUIDITY
    if out < row.limit:
        return Reason.LIMIT
    if not move(state, row.sender, fees, rollup, row.asset_in, fee, Why.POOL_FEE):
        return Reason.INSUFFICIENT_BALANCE
    net = within(state, row.sender, rollup, row.asset_in, row.amount - fee)
    if not move(state, row.sender, account, rollup, row.asset_in, net, Why.SWAP):
        return Reason.INSUFFICIENT_BALANCE
    if not move(state, account, row.sender, rollup, row.asset_out, out, Why.SWAP):
        return Reason.NO_LIQUIDITY
    row.filled_in = row.amount
    row.filled_out = out
    return Reason.NONE


@kernel
def swap(state: State, row: Row, time: float) -> int:
    """Exact input for at least `limit` out. Fills the receipt; returns a reason (0: filled)."""
    pool, rollup = row.venue, row.rollup
    if not trades(state, pool, rollup, row.asset_in, row.asset_out):
        return Reason.WRONG_VENUE
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    if concentrated(state, pool):
        return _swap_over_ticks(state, row, time)
    reserve_in, reserve_out = reserve(state, pool, row.asset_in), reserve(state, pool, row.asset_out)
    if reserve_in <= 0.0 or reserve_out <= 0.0:
        return Reason.NO_LIQUIDITY
    rate = get(state, Pool.fee, pool)
    out = output(reserve_in, reserve_out, rate, row.amount)
    # out < reserve_out holds exactly in real numbers; rounding must not empty a pool either
    if out >= reserve_out:
        return Reason.NO_LIQUIDITY
    if out < row.limit:
        return Reason.LIMIT
    accumulate_price(state, pool, time)
    account = index(state, Pool.account, pool)
    fee = row.amount * rate
    inside = get(state, Pool.fees_inside, pool) > 0.0
    fees = account if inside else index(state, Pool.fee_account, pool)
    if not move_inlined(state, row.sender, fees, rollup, row.asset_in, fee, Why.POOL_FEE):
        return Reason.INSUFFICIENT_BALANCE
    net = within(state, row.sender, rollup, row.asset_in, row.amount - fee)
    if not move_inlined(state, row.sender, account, rollup, row.asset_in, net, Why.SWAP):
        return Reason.INSUFFICIENT_BALANCE
    move_inlined(state, account, row.sender, rollup, row.asset_out, out, Why.SWAP)
    shares = get(state, Pool.shares, pool)
    if shares > 0.0 and fee > 0.0 and not inside:
        growth = Pool.growth if row.asset_in == index(state, Pool.asset, pool) else (Pool.growth + 1)
        put(state, cell(state, growth, pool), get(state, growth, pool) + fee / shares)
    row.filled_in = row.amount
    row.filled_out = out
    return Reason.NONE


@njit(cache=True)
def provision_row(state: State, provider: int, pool: int) -> int:
    """Row of the provision table of one provider in one pool."""
    return provider * length(state, Pool.rollup) + pool


@njit(cache=True)
def claim(state: State, account: int, pool: int) -> None:
    """Pay a provider the fees owed since the last claim."""
    at = provision_row(state, index(state, Account.provider, account), pool)
    provided = get(state, Provision.shares, at)
    rollup, fees = index(state, Pool.rollup, pool), index(state, Pool.fee_account, pool)
    for side in range(2):
        asset = index(state, Pool.asset + side, pool)
        growth = get(state, Pool.growth + side, pool)
        owed = provided * (growth - get(state, Provision.claimed + side, at))
        # the fee account is the sum of what is owed up to rounding: never pay more than it holds
        owed = min(owed, balance(state, fees, rollup, asset))
        if owed > 0.0:
            move(state, fees, account, rollup, asset, owed, Why.POOL_FEE)
        put(state, cell(state, Provision.claimed + side, at), growth)


@njit(cache=True)
def _change_shares(state: State, account: int, pool: int, change: float) -> None:
    at = provision_row(state, index(state, Account.provider, account), pool)
    put(state, cell(state, Provision.shares, at), get(state, Provision.shares, at) + change)
    if concentrated(state, pool):
        deepen(state, pool, get(state, Pool.shares, pool) + change)
    else:
        put(state, cell(state, Pool.shares, pool), get(state, Pool.shares, pool) + change)
    put(state, cell(state, Pool.everywhere, pool), get(state, Pool.everywhere, pool) + change)


@njit(cache=True)
def _may_provide(state: State, row: Row) -> int:
    if row.venue < 0 or row.venue >= length(state, Pool.rollup) or index(state, Pool.rollup, row.venue) != row.rollup:
        return Reason.WRONG_VENUE
    if index(state, Account.provider, row.sender) < 0:
        return Reason.NOT_ALLOWED
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    return Reason.NONE


@njit(cache=True)
def add_liquidity(state: State, row: Row, time: float) -> int:
    """Provide `amount` of the first asset and the second in proportion; at most `limit` of the second (0: any)."""
    wrong = _may_provide(state, row)
    if wrong != Reason.NONE:
        return wrong
    pool, account = row.venue, index(state, Pool.account, row.venue)
    asset0, asset1 = index(state, Pool.asset, pool), index(state, Pool.asset + 1, pool)
    reserve0, reserve1 = reserve(state, pool, asset0), reserve(state, pool, asset1)
    shares = get(state, Pool.shares, pool)
    if reserve0 <= 0.0 or reserve1 <= 0.0 or shares <= 0.0:
        return Reason.NO_LIQUIDITY
    second = row.amount * reserve1 / reserve0
    if row.limit > 0.0 and second > row.limit:
        return Reason.LIMIT
    claim(state, row.sender, pool)
    if not move(state, row.sender, account, row.rollup, asset0, row.amount, Why.LIQUIDITY):
        return Reason.INSUFFICIENT_BALANCE
    if not move(state, row.sender, account, row.rollup, asset1, second, Why.LIQUIDITY):
        return Reason.INSUFFICIENT_BALANCE
    minted = shares * row.amount / reserve0
    _change_shares(state, row.sender, pool, minted)
    row.filled_in = row.amount
    row.filled_out = minted
    return Reason.NONE


@njit(cache=True)
def remove_liquidity(state: State, row: Row, time: float) -> int:
    """Burn `amount` shares for their part of the reserves and all fees owed."""
    wrong = _may_provide(state, row)
    if wrong != Reason.NONE:
        return wrong
    pool, account = row.venue, index(state, Pool.account, row.venue)
    at = provision_row(state, index(state, Account.provider, row.sender), pool)
    if row.amount > get(state, Provision.shares, at):
        return Reason.INSUFFICIENT_BALANCE
    # a pool that is emptied has no price to restart from
    if row.amount >= get(state, Pool.everywhere, pool):
        return Reason.NO_LIQUIDITY
    claim(state, row.sender, pool)
    part = row.amount / get(state, Pool.shares, pool)
    for side in range(2):
        asset = index(state, Pool.asset + side, pool)
        amount = reserve(state, pool, asset) * part
        move(state, account, row.sender, row.rollup, asset, amount, Why.LIQUIDITY)
        if side == 0:
            row.filled_out = amount
    _change_shares(state, row.sender, pool, -row.amount)
    row.filled_in = row.amount
    return Reason.NONE


def seed_pool(tables: Tables, pool: int, account: int) -> None:
    """Give the first provider the shares of reserves that are already there: one share per unit of the first asset."""
    holder, rollup, asset0 = (
        int(tables.pools["account"][pool]),
        int(tables.pools["rollup"][pool]),
        int(tables.pools["asset"][pool, 0]),
    )
    shares = tables.balance[holder, rollup, asset0]
    tables.pools["shares"][pool] = tables.pools["everywhere"][pool] = shares
    tables.provisions["shares"][int(tables.accounts["provider"][account]), pool] = shares
