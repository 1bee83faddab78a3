"""Dutch auctions of a perpetual's contracts: whoever takes has the position at the price of the moment.

A long lot is sold from buf times the oracle's price downwards; a short one, which the taker is paid to have, from the
price over buf upwards, cut by the same factor. The taker's own contract must have the initial margin afterwards. An
auction must be reset when its time is over, and already when the lot, sold at the price of the moment, would leave more
missing than the insurance fund and the security module hold. A reset at which the lot has nothing left closes it.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, njit

from market.intents.rows import Reason, Row
from market.state.store import STATE, State, balance, get, index
from market.venues.liquidation.designs import dutch
from market.venues.liquidation.designs.dutch import price_at
from market.venues.liquidation.lots import count, lot_of, note
from market.venues.liquidation.security import stake_of
from market.venues.liquidation.tables import Auction, Lot
from market.venues.perpetuals.lots import auction_of, finish, first_price, give_up, market_of, own_contract
from market.venues.perpetuals.rules import cash_of, exchange, margin_of, price_of, whole_steps
from market.venues.perpetuals.tables import Contract, Perpetual


@njit(boolean(STATE, int64, float64), cache=True)
def over(state: State, lot: int, time: float) -> bool:
    """Whether a lot's auction must be reset before anybody can take: by its terms, or for what would be missing."""
    contract, market = index(state, Lot.contract, lot), market_of(state, lot)
    if dutch.over(state, lot, time):
        return True
    size = get(state, Contract.quantity, contract)
    rollup = index(state, Perpetual.rollup, market)
    fund = balance(state, index(state, Perpetual.fund, market), rollup, 0) + stake_of(state, rollup)
    return size == 0.0 or cash_of(state, contract) + size * price_at(state, lot, time) + fund < 0.0


@njit(cache=True)
def take(state: State, row: Row, time: float) -> int:
    """Take exactly `amount` contracts of a lot, cut to whole steps, at a price no worse than `limit` (0: any)."""
    lot = lot_of(state, auction_of(state, row.venue), row.target)
    if lot < 0 or over(state, lot, time):
        return Reason.CLOSED
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    amount, market, contract = whole_steps(row.amount), row.venue, index(state, Lot.contract, lot)
    if amount == 0.0:
        return Reason.BAD_AMOUNT
    left, price = get(state, Contract.quantity, contract), price_at(state, lot, time)
    change = amount if left > 0.0 else -amount
    if amount > abs(left) or (row.limit > 0.0 and (price - row.limit) * change > 0.0):
        return Reason.LIMIT
    own = own_contract(state, row.sender, market)
    if own < 0:
        return Reason.NOT_ALLOWED
    size = get(state, Contract.quantity, own)
    exchange(state, own, contract, change, price)
    equity, maintenance, initial = margin_of(state, own)
    reduces = abs(size + change) < abs(size) and size * (size + change) >= 0.0
    # written so that a number that is not finite fails
    if not equity >= (maintenance if reduces else initial):
        return Reason.UNHEALTHY
    note(state, lot, Lot.tab, get(state, Lot.tab, lot) + amount * price_of(state, market))
    if amount == abs(left):
        count(state, auction_of(state, row.venue), Auction.sold, 1.0)
        if not finish(state, lot, row.rollup, time):
            return Reason.NO_LIQUIDITY
    asset = index(state, Perpetual.asset, market)
    # money for contracts, or the other way round: a short is had with the money that it was sold for
    row.asset_in, row.asset_out = (0, asset) if left > 0.0 else (asset, 0)
    row.filled_in, row.filled_out = (amount * price, amount) if left > 0.0 else (amount, amount * price)
    return Reason.NONE


@njit(cache=True)
def reset(state: State, row: Row, lot: int, time: float) -> int:
    """Let an auction whose time is over begin again at the oracle's price of now, or close a lot with nothing left."""
    if not over(state, lot, time):
        return Reason.NOT_ALLOWED
    contract, top = index(state, Lot.contract, lot), first_price(state, lot)
    if top <= 0.0:
        return Reason.NO_PRICE
    size = get(state, Contract.quantity, contract)
    if size == 0.0 or cash_of(state, contract) + size * price_of(state, row.venue) <= 0.0:
        return give_up(state, row, lot, time)
    note(state, lot, Lot.top, top)
    note(state, lot, Lot.started, time)
    count(state, auction_of(state, row.venue), Auction.resets, 1.0)
    return Reason.NONE
