"""Payments between accounts, and exchange with the outside market at its price less its fee.

Depth: each further unit sold is worth less by the factor exp(-value / depth), so that selling x at price p and log
shift d brings D e^d (1 - e^(-p x / D)), D the depth, and lowers d by p x / D; buying is the same the other way round.
What was sold is bought back for what it brought: only fees, and what others do in between, make a difference.
"""

from __future__ import annotations

import numpy as np

from market.intents.rows import Reason, Row
from market.kernel.compiled import kernel
from market.state.journal import put
from market.state.ledger import Why, move
from market.state.store import State, assets, cell, get, index, length
from market.state.tables import Account, Asset
from market.venues.outside.stocks import Stock
from market.venues.outside.tables import Outside


@kernel
def pay(state: State, row: Row, time: float) -> int:
    """A payment to an account on the same rollup."""
    if (
        row.target < 0
        or row.target >= length(state, Account.group)
        or row.asset_in < 0
        or row.asset_in >= assets(state)
    ):
        return Reason.WRONG_VENUE
    # what a venue holds has a meaning (a price, a claim) that a gift would change behind its rules
    if index(state, Account.venue, row.target) != 0:
        return Reason.NOT_ALLOWED
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    if not move(state, row.sender, row.target, row.rollup, row.asset_in, row.amount, Why.PAYMENT):
        return Reason.INSUFFICIENT_BALANCE
    row.filled_in = row.amount
    row.filled_out = row.amount
    return Reason.NONE


@kernel
def proceeds(value: float, depth: float, shift: float) -> float:
    """What selling an asset worth `value` at the reference price brings on a market of finite depth [USD]."""
    return depth * np.exp(shift) * -np.expm1(-value / depth)


@kernel
def bought(money: float, depth: float, shift: float) -> float:
    """What `money` buys of an asset on a market of finite depth, at the reference price [USD]."""
    return depth * np.log1p(money * np.exp(-shift) / depth)


@kernel
def output(
    amount: float, asset_in: int, asset_out: int, price_in: float, price_out: float, depth: float, shift_in: float,
    shift_out: float,
) -> float:  # fmt: skip
    """What an amount of one asset brings of another, before the fee; the numeraire (asset 0) always costs its price."""
    if depth == np.inf:
        return amount * (price_in / price_out)
    money = amount * price_in
    if asset_in != 0:
        money = proceeds(money, depth, shift_in)
    return (money if asset_out == 0 else bought(money, depth, shift_out)) / price_out


@kernel
def room(state: State, sender: int, asset_in: int, asset_out: int) -> float:
    """Most of `asset_in` that an account may give outside before it is as long or short as it may be."""
    limit, most = get(state, Outside.most, 0), np.inf
    if sender < 0 or sender >= length(state, Stock.quantity):
        return most
    price_in, price_out = get(state, Asset.price, asset_in), get(state, Asset.price, asset_out)
    if asset_in != 0:
        most = max(0.0, get(state, Stock.quantity + asset_in, sender) + limit / price_in)
    if asset_out != 0:
        left = limit / price_out - get(state, Stock.quantity + asset_out, sender)
        most = min(most, max(0.0, left) * price_out / price_in)
    return most


@kernel
def _moved(state: State, row: Row, gross: float, net: float) -> None:
    """Move the price by an exchange, and count it to what the sender is long or short."""
    depth = get(state, Outside.depth, 0)
    stocked = 0 <= row.sender < length(state, Stock.quantity)
    for asset, moved, units in ((row.asset_in, -row.amount, -row.amount), (row.asset_out, gross, net)):
        if asset != 0 and depth < np.inf:
            value = moved * get(state, Asset.price, asset)
            put(state, cell(state, Outside.shift + asset, 0), get(state, Outside.shift + asset, 0) + value / depth)
        if asset != 0 and stocked:
            held = get(state, Stock.quantity + asset, row.sender)
            put(state, cell(state, Stock.quantity + asset, row.sender), held + units)


@kernel
def trade(state: State, row: Row, time: float) -> int:
    """Exchange with the outside market at its price less its fee."""
    if min(row.asset_in, row.asset_out) < 0 or max(row.asset_in, row.asset_out) >= assets(state):
        return Reason.WRONG_VENUE
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    price_in, price_out = get(state, Asset.price, row.asset_in), get(state, Asset.price, row.asset_out)
    shift_in, shift_out = get(state, Outside.shift + row.asset_in, 0), get(state, Outside.shift + row.asset_out, 0)
    depth = get(state, Outside.depth, 0)
    gross = output(row.amount, row.asset_in, row.asset_out, price_in, price_out, depth, shift_in, shift_out)
    out = gross * (1.0 - get(state, Outside.fee, 0))
    if out < row.limit:
        return Reason.LIMIT
    if row.amount > room(state, row.sender, row.asset_in, row.asset_out):
        return Reason.NOT_ALLOWED
    outside = index(state, Outside.account, 0)
    if not move(state, row.sender, outside, row.rollup, row.asset_in, row.amount, Why.OUTSIDE):
        return Reason.INSUFFICIENT_BALANCE
    if not move(state, outside, row.sender, row.rollup, row.asset_out, out, Why.OUTSIDE):
        return Reason.INSUFFICIENT_BALANCE
    _moved(state, row, gross, out)
    row.filled_in = row.amount
    row.filled_out = out
    return Reason.NONE
