"""Closing contracts of perpetuals that are under their maintenance margin: the fund, and auto-deleveraging."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float64, int64, njit, types, void

from market.intents.rows import Reason, Row
from market.state.journal import full, put
from market.state.ledger import Why, move
from market.state.store import STATE, State, balance, cell, get, index, length
from market.venues.liquidation.deleveraging import OTHER, allotted
from market.venues.liquidation.grace import in_grace
from market.venues.liquidation.security import cover
from market.venues.liquidation.tables import Auction, Bucket, Entry
from market.venues.liquidation.thresholds import NEAR, bucket_of, first, following, in_order, keep, top
from market.venues.perpetuals.instrument import alone, next_contract
from market.venues.perpetuals.rules import (
    STEP,
    cash_of,
    check,
    exchange,
    lines,
    margin_of,
    price_of,
    quote,
    set_cash,
    short_key,
)
from market.venues.perpetuals.tables import Contract, Perpetual


@njit(float64(STATE, int64), cache=True, error_model="numpy")
def _rank(state: State, contract: int) -> float:
    """Order of auto-deleveraging: profit over entry value, times leverage. What was had for nothing ranks first."""
    market = index(state, Contract.market, contract)
    size, entry, price = (
        get(state, Contract.quantity, contract),
        get(state, Contract.entry, contract),
        price_of(state, market),
    )
    equity, _, _ = margin_of(state, contract)
    gain = np.sign(size) * (price - entry) / entry
    return gain * abs(size) * price / max(equity, 1e-9 * abs(size) * price)


@njit(cache=True)
def _others(state: State, contract: int) -> Any:
    """Contracts of the other side of a contract's market: rows of `OTHER`."""
    market, size = index(state, Contract.market, contract), get(state, Contract.quantity, contract)
    price, count = price_of(state, market), 0
    found = np.zeros(length(state, Contract.market), OTHER)
    for at in range(found.size):
        held = get(state, Contract.quantity, at)
        if index(state, Contract.market, at) == market and held * size < 0.0:
            other = found[count]
            other.row, other.held, other.rank = at, abs(held), _rank(state, at)
            other.won = max(held * (price - get(state, Contract.entry, at)), 0.0)
            count += 1
    return found[:count]


@njit(void(STATE, int64, float64), cache=True)
def deleverage(state: State, contract: int, price: float) -> None:
    """Close a contract against those of the other side that the market's rule names, at a price."""
    market, size = index(state, Contract.market, contract), get(state, Contract.quantity, contract)
    others, rule = _others(state, contract), index(state, Perpetual.deleveraging, market)
    gap, cap = abs(price - price_of(state, market)), get(state, Perpetual.haircut, market)
    counter = cell(state, Perpetual.deleveraged, market)
    for turn in range(allotted(rule, others, abs(size), gap, cap, STEP)):
        # a stretch too long to be undone writes no more, and is undone
        if full(state):
            return
        other = others[others[turn].turn]
        exchange(state, contract, other.row, -other.taken if size > 0.0 else other.taken, price)
        put(state, counter, state.cells[counter] + other.taken * price)


@njit(types.UniTuple(float64, 2)(STATE, int64), cache=True)
def _proceeds(state: State, contract: int) -> tuple[float, float]:
    """What is left of shared margin when all its contracts are closed with the makers, and their value [USD]."""
    left, value = 0.0, 0.0
    at = contract
    while True:
        size, market = get(state, Contract.quantity, at), index(state, Contract.market, at)
        left += cash_of(state, at)
        if size != 0.0:
            left += size * quote(state, market, -size)
        value += abs(size) * price_of(state, market)
        at = next_contract(state, at)
        if at == contract:
            return left, value


@njit(float64(STATE, int64, int64, float64), cache=True)
def _insure(state: State, contract: int, rollup: int, missing: float) -> float:
    """Let the funds of the markets of a shared margin, then the rollup's security module, pay what it lacks.

    Returns what is missing when all are empty, and -1 where one of them cannot pay.
    """
    vault = index(state, Perpetual.account, index(state, Contract.market, contract))
    at = contract
    while missing > 0.0:
        if get(state, Contract.quantity, at) != 0.0:
            fund = index(state, Perpetual.fund, index(state, Contract.market, at))
            paid = min(balance(state, fund, rollup, 0), missing)
            if not move(state, fund, vault, rollup, 0, paid, Why.INSURANCE):
                return -1.0
            set_cash(state, contract, cash_of(state, contract) + paid)
            missing -= paid
        at = next_contract(state, at)
        if at == contract:
            break
    paid = cover(state, vault, rollup, missing)
    if paid < 0.0:
        return -1.0
    if paid > 0.0:
        set_cash(state, contract, cash_of(state, contract) + paid)
    return missing - paid


@njit(cache=True)
def liquidate(state: State, row: Row, time: float) -> int:
    """Close a contract under maintenance margin, with all that share its margin; anybody may, for a reward."""
    wrong = check(state, row)
    if wrong != Reason.NONE:
        return wrong
    if index(state, Auction.design, index(state, Perpetual.auction, row.venue)) != 0:
        return Reason.NOT_ALLOWED  # what this market liquidates it sells by auction
    if not alone(state, row.target):
        return Reason.NOT_ALLOWED
    if in_grace(state, row.rollup):
        return Reason.GRACE
    equity, maintenance, _ = margin_of(state, row.target)
    if not equity < maintenance:
        return Reason.HEALTHY
    return close(state, row, row.target)


@njit(cache=True)
def close(state: State, row: Row, contract: int) -> int:
    """Close a contract, with all that share its margin; whoever asked has a reward, the fund or the maker the rest."""
    market = index(state, Contract.market, contract)
    equity, _, _ = margin_of(state, contract)
    vault, fund = index(state, Perpetual.account, market), index(state, Perpetual.fund, market)
    left, value = _proceeds(state, contract)
    if not (0.0 < value < np.inf and np.isfinite(left)):
        return Reason.NO_LIQUIDITY
    missing = _insure(state, contract, row.rollup, max(-left, 0.0))
    if missing < 0.0:
        return Reason.NO_LIQUIDITY
    short = missing > 0.0
    equity += max(-left, 0.0) - missing
    at = contract
    while True:
        size, held_in = get(state, Contract.quantity, at), index(state, Contract.market, at)
        if size != 0.0 and short:
            # shared margin is missing from each contract in proportion to its value
            share = abs(size) * price_of(state, held_in) / value
            deleverage(state, at, price_of(state, held_in) - equity * share / size)
        elif size != 0.0:
            price = quote(state, held_in, -size)
            exchange(state, at, index(state, Perpetual.maker, held_in), -size, price)
        at = next_contract(state, at)
        if at == contract:
            break
    rest = 0.0
    while True:
        rest += cash_of(state, at)
        set_cash(state, at, 0.0)
        at = next_contract(state, at)
        if at == contract:
            break
    reward = min(max(rest, 0.0), value * get(state, Perpetual.reward, market))
    if not move(state, vault, row.sender, row.rollup, 0, reward, Why.LIQUIDATION):
        return Reason.NO_LIQUIDITY
    # what rounding left of a margin that is used up is neither gain nor loss: it stays in the vault with the maker
    if rest - reward > 0.0 and not short and left > 0.0:
        if not move(state, vault, fund, row.rollup, 0, rest - reward, Why.INSURANCE):
            return Reason.NO_LIQUIDITY
    else:
        maker = index(state, Perpetual.maker, market)
        set_cash(state, maker, cash_of(state, maker) + rest - reward)
    row.filled_in, row.filled_out = value, reward
    return Reason.NONE


@njit(types.UniTuple(int64, 2)(STATE, int64), cache=True)
def _lowest(state: State, market: int) -> tuple[int, int]:
    """Lowest buckets of a market's longs and shorts in which somebody may be under margin."""
    long, short = lines(state, market)
    near = NEAR * (price_of(state, market) + abs(get(state, Perpetual.funding, market)))
    longs, shorts = index(state, Perpetual.group, market), index(state, Perpetual.group + 1, market)
    return bucket_of(state, longs, long - near), bucket_of(state, shorts, short_key(short + near))


@njit(int64(STATE, int64), cache=True)
def _named(state: State, contract: int) -> int:
    """First contract of a shared margin that has a size; -1 if one before `contract` is looked at, and names it too."""
    lead, at = contract, next_contract(state, contract)
    while at != contract:
        size, market = get(state, Contract.quantity, at), index(state, Contract.market, at)
        if size != 0.0 and at < contract:
            side = 0 if size > 0.0 else 1
            lowest = _lowest(state, market)[side]
            group = index(state, Perpetual.group + side, market)
            where = index(state, Entry.bucket, index(state, Contract.member, at))
            if where >= cell(state, Bucket.first + lowest, group):
                return -1
            lead = min(lead, at)
        at = next_contract(state, at)
    return lead


@njit(int64(STATE, int64, int64[::1]), cache=True)
def under_margin(state: State, rollup: int, found: np.ndarray) -> int:
    """List the contracts of a rollup that can be liquidated now, one of each shared margin; return how many.

    Of a shared margin it is the first that has a size. Costs in proportion to the contracts over their market's lines.
    """
    count = 0
    if in_grace(state, rollup):
        return 0
    for market in range(length(state, Perpetual.rollup)):
        if index(state, Perpetual.rollup, market) != rollup:
            continue
        for side in range(2):
            lowest, group = _lowest(state, market)[side], index(state, Perpetual.group + side, market)
            for bucket in range(top(state, group, lowest), lowest - 1, -1):
                at = first(state, group, bucket)
                while at >= 0:
                    contract = index(state, Entry.row, at)
                    equity, maintenance, _ = margin_of(state, contract)
                    lead = _named(state, contract) if equity < maintenance and alone(state, contract) else -1
                    if lead >= 0:
                        count = keep(found, count, lead)
                    at = following(state, at)
    in_order(found, count)
    return count
