"""Perpetual futures: margin, funding, liquidation, an insurance fund, auto-deleveraging.

A contract is a size and a cash: what was paid in less what its size cost. Its equity at a price P is cash + size x P.
Sizes of a market add up to nothing and cash adds up to what the vault holds: no trade can make or lose a coin. The
vault is one per rollup; contracts that share margin belong to one margin account (:mod:`market.venues.margin`).

Trades are with the market's maker, who quotes around the oracle's price and leans against its inventory: with traders
net long n [USD], the log price stands n / depth above the oracle's: the premium, from which `funding` follows.

An isolated contract of leverage L and entry E can be liquidated at E (1 - 1/L) / (1 - mm) when long, at E (1 + 1/L) /
(1 + mm) when short. What is left of its margin after the close goes to the fund, what is missing comes from it and then
from the rollup's security module; when both are empty, the other side is closed against it at the price that leaves
nothing, by the market's rule (`market.venues.liquidation.deleveraging`).

Sizes are whole numbers of size steps, a power of two of the asset, so that adding and taking away is exact: a size
that is too small to change a large one would otherwise never be closed against it.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, njit, types, void

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.ledger import Why, move
from market.state.store import STATE, State, cell, get, index, length
from market.state.tables import Account
from market.venues.liquidation.thresholds import relist
from market.venues.margin import account_of
from market.venues.perpetuals.instrument import cash_of, next_contract, price_of
from market.venues.perpetuals.tables import Contract, Perpetual

STEP = 2.0**-20  # smallest size; sums of sizes are exact up to 2**33 of the asset
LARGEST = 2.0**30  # largest size of one trade


@njit(float64(float64), cache=True)
def whole_steps(size: float) -> float:
    """Size rounded towards nothing to a whole number of size steps."""
    return np.trunc(size / STEP) * STEP


@njit(float64(STATE, int64), cache=True)
def premium(state: State, market: int) -> float:
    """Log of the maker's mid over the oracle's price: traders' net long value over depth."""
    inventory = get(state, Contract.quantity, index(state, Perpetual.maker, market))
    return -inventory * price_of(state, market) / get(state, Perpetual.depth, market)


@njit(float64(STATE, int64, float64), cache=True)
def quote(state: State, market: int, size: float) -> float:
    """Maker's price for a trade of a signed size (positive: the trader buys) [USD]."""
    price = price_of(state, market)
    lean = premium(state, market) + 0.5 * size * price / get(state, Perpetual.depth, market)
    spread = get(state, Perpetual.spread, market)
    return price * np.exp(lean) * (1.0 + (spread if size > 0.0 else -spread))


@njit(types.UniTuple(float64, 3)(STATE, int64), cache=True)
def margin_of(state: State, contract: int) -> tuple[float, float, float]:
    """Equity, maintenance margin and initial margin of the account that a contract belongs to [USD]."""
    return account_of(state, index(state, Contract.instrument, contract))


@njit(types.UniTuple(float64, 2)(STATE, int64), cache=True)
def lines(state: State, market: int) -> tuple[float, float]:
    """What a long's threshold must exceed, and a short's fall below, to be liquidated [USD]: price, margin, funding.

    A contract of size s lacks |s| times the difference to the maintenance margin.
    """
    price, funding = price_of(state, market), get(state, Perpetual.funding, market)
    share = get(state, Perpetual.maintenance, market)
    return price * (1.0 - share) - funding, price * (1.0 + share) - funding


@njit(float64(float64), cache=True)
def short_key(threshold: float) -> float:
    """Key of a threshold that the price must rise above: the larger, the lower the threshold."""
    return 1.0 / threshold if threshold > 0.0 else np.inf


@njit(boolean(STATE, int64), cache=True)
def for_sale(state: State, contract: int) -> bool:
    """Whether a contract is that of a lot: nobody trades on it, and it is not in the index."""
    return index(state, Account.venue, index(state, Contract.owner, contract)) != 0


@njit(void(STATE, int64), cache=True)
def list_contract(state: State, contract: int) -> None:
    """Put a contract, and all that share its margin, among those that the lines of their markets may reach.

    What equity exceeds maintenance margin by is shared out over the ring by value: the ring can be liquidated only
    when some contract's share is used up. For a contract by itself that is when it can be.
    """
    equity, maintenance, _ = margin_of(state, contract)
    gross, members, at = 0.0, 0, contract
    while True:
        value = abs(get(state, Contract.quantity, at)) * price_of(state, index(state, Contract.market, at))
        gross += value
        members += 1
        at = next_contract(state, at)
        if at == contract:
            break
    while True:
        market, size = index(state, Contract.market, at), get(state, Contract.quantity, at)
        if size == 0.0 or at == index(state, Perpetual.maker, market) or for_sale(state, at):
            relist(state, -1, index(state, Contract.member, at), 0.0)
        else:
            share = abs(size) * price_of(state, market) / gross if gross > 0.0 else 1.0 / members
            spare = (equity - maintenance) * share / abs(size)
            long, short = lines(state, market)
            if size > 0.0:
                relist(state, index(state, Perpetual.group, market), index(state, Contract.member, at), long - spare)
            else:
                relist(
                    state,
                    index(state, Perpetual.group + 1, market),
                    index(state, Contract.member, at),
                    short_key(short + spare),
                )
        at = next_contract(state, at)
        if at == contract:
            return


@njit(void(STATE, int64, float64), cache=True)
def _write_cash(state: State, contract: int, cash: float) -> None:
    market = index(state, Contract.market, contract)
    put(state, cell(state, Contract.cash, contract), cash)
    put(state, cell(state, Contract.funded, contract), get(state, Perpetual.funding, market))


@njit(void(STATE, int64, float64), cache=True)
def set_cash(state: State, contract: int, cash: float) -> None:
    """Set the cash of a contract; funding up to now must be in it."""
    _write_cash(state, contract, cash)
    list_contract(state, contract)


@njit(void(STATE, int64, float64, float64), cache=True)
def _shift(state: State, contract: int, change: float, price: float) -> None:
    """Change a size at a price; the entry price is the mean of what opened the size, for the ranking alone."""
    before = get(state, Contract.quantity, contract)
    after = before + change
    _write_cash(state, contract, cash_of(state, contract) - change * price)
    entry = get(state, Contract.entry, contract)
    if before == 0.0 or before * after < 0.0:
        entry = price
    elif abs(after) > abs(before):
        entry = (entry * before + price * change) / after
    put(state, cell(state, Contract.quantity, contract), after)
    put(state, cell(state, Contract.entry, contract), entry)
    list_contract(state, contract)


@njit(void(STATE, int64, int64, float64, float64), cache=True)
def exchange(state: State, contract: int, other: int, change: float, price: float) -> None:
    """Let one contract take `change`, whole steps, from another."""
    _shift(state, contract, change, price)
    _shift(state, other, -change, price)


@njit(cache=True)
def check(state: State, row: Row) -> int:
    """Whether an intent names a trader's contract and an amount; returns a reason (0: it does)."""
    market, contract = row.venue, row.target
    if market < 0 or market >= length(state, Perpetual.rollup) or index(state, Perpetual.rollup, market) != row.rollup:
        return Reason.WRONG_VENUE
    if contract < 0 or contract >= length(state, Contract.market) or index(state, Contract.market, contract) != market:
        return Reason.WRONG_VENUE
    if contract == index(state, Perpetual.maker, market) or for_sale(state, contract):
        return Reason.NOT_ALLOWED
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    return Reason.NONE


@njit(cache=True)
def deposit(state: State, row: Row, time: float) -> int:
    """Pay margin into a contract; anybody may."""
    wrong = check(state, row)
    if wrong != Reason.NONE:
        return wrong
    vault = index(state, Perpetual.account, row.venue)
    if not move(state, row.sender, vault, row.rollup, 0, row.amount, Why.MARGIN):
        return Reason.INSUFFICIENT_BALANCE
    set_cash(state, row.target, cash_of(state, row.target) + row.amount)
    row.filled_in = row.amount
    return Reason.NONE


@njit(cache=True)
def withdraw(state: State, row: Row, time: float) -> int:
    """Take margin out, down to the initial margin."""
    wrong = check(state, row)
    if wrong != Reason.NONE:
        return wrong
    if index(state, Contract.owner, row.target) != row.sender:
        return Reason.NOT_OWNER
    equity, _, initial = margin_of(state, row.target)
    if not equity - row.amount >= initial:
        return Reason.UNHEALTHY
    if not move(state, index(state, Perpetual.account, row.venue), row.sender, row.rollup, 0, row.amount, Why.MARGIN):
        return Reason.NO_LIQUIDITY
    set_cash(state, row.target, cash_of(state, row.target) - row.amount)
    row.filled_out = row.amount
    return Reason.NONE


@njit(cache=True)
def trade(state: State, row: Row, time: float) -> int:
    """Buy (asset_in 0) or sell `amount` contracts, cut to whole steps, at the maker's quote.

    The price is no worse than `limit` (0: any).
    """
    wrong = check(state, row)
    if wrong != Reason.NONE:
        return wrong
    if index(state, Contract.owner, row.target) != row.sender:
        return Reason.NOT_OWNER
    market, maker = row.venue, index(state, Perpetual.maker, row.venue)
    if price_of(state, market) <= 0.0:
        return Reason.NO_LIQUIDITY
    amount = whole_steps(row.amount)
    if amount == 0.0 or amount > LARGEST:
        return Reason.BAD_AMOUNT
    change = amount if row.asset_in == 0 else -amount
    price = quote(state, market, change)
    if row.limit > 0.0 and (price - row.limit) * change > 0.0:
        return Reason.LIMIT
    size, inventory = get(state, Contract.quantity, row.target), get(state, Contract.quantity, maker)
    exchange(state, row.target, maker, change, price)
    fee = amount * price * get(state, Perpetual.fee, market)
    fees = index(state, Perpetual.fee_account, market)
    if not move(state, index(state, Perpetual.account, market), fees, row.rollup, 0, fee, Why.PERPETUAL_FEE):
        return Reason.NO_LIQUIDITY
    set_cash(state, row.target, cash_of(state, row.target) - fee)
    equity, maintenance, initial = margin_of(state, row.target)
    reduces = abs(size + change) < abs(size) and size * (size + change) >= 0.0
    # written so that a number that is not finite fails
    if not equity >= (maintenance if reduces else initial):
        return Reason.UNHEALTHY
    _, _, needed = margin_of(state, maker)
    if abs(inventory - change) > abs(inventory) and margin_of(state, maker)[0] < needed:
        return Reason.NO_LIQUIDITY
    row.filled_in, row.filled_out = amount * price, amount
    return Reason.NONE


@njit(cache=True)
def set_spread(state: State, row: Row, time: float) -> int:
    """Quote a half spread of `amount` from now on; only the owner of the market's maker may."""
    market = row.venue
    if market < 0 or market >= length(state, Perpetual.rollup) or index(state, Perpetual.rollup, market) != row.rollup:
        return Reason.WRONG_VENUE
    if index(state, Contract.owner, index(state, Perpetual.maker, market)) != row.sender:
        return Reason.NOT_OWNER
    # written so that a number that is not finite fails
    if not 0.0 <= row.amount < 1.0:
        return Reason.BAD_AMOUNT
    put(state, cell(state, Perpetual.spread, market), row.amount)
    return Reason.NONE
