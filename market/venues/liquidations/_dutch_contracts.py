"""Dutch auctions of a perpetual's contracts: whoever takes has the position at the price of the moment.

A long lot is sold from buf times the oracle's price downwards; a short one, which the taker is paid to have, from the
price over buf upwards, cut by the same factor. The taker's own contract must have the initial margin afterwards. An
auction must be reset when its time is over, and already when the lot, sold at the price of the moment, would leave more
missing than the insurance fund holds. A reset at which the lot has nothing left closes it.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, njit

from market.intents import Reason, Row
from market.state import (
    AUCTION,
    BOOK,
    CONTRACT,
    D_CUSP,
    D_CUT,
    D_RESETS,
    D_SOLD,
    D_STEP,
    D_TAIL,
    LOT,
    M_ASSET,
    M_FUND,
    M_ROLLUP,
    PERPETUAL,
    Q_AMOUNT,
    Q_CONTRACT,
    Q_STARTED,
    Q_TAB,
    Q_TOP,
    Q_VENUE,
    X_SIZE,
    Book,
    balance,
    get,
    index,
)
from market.venues.liquidations._contracts import finish, first_price, give_up, own_contract, perpetual_of
from market.venues.liquidations._lots import count, lot_of, note
from market.venues.liquidations.dutch import SLACK, price_after
from market.venues.perpetuals import cash_of, exchange, margin_of, price_of, whole_lots

OK, BAD_AMOUNT, LIMIT = int(Reason.NONE), int(Reason.BAD_AMOUNT), int(Reason.LIMIT)
CLOSED, NOT_ALLOWED, UNHEALTHY = int(Reason.CLOSED), int(Reason.NOT_ALLOWED), int(Reason.UNHEALTHY)
NO_LIQUIDITY, NO_PRICE = int(Reason.NO_LIQUIDITY), int(Reason.NO_PRICE)


@njit(float64(BOOK, int64, float64), cache=True)
def price_at(book: Book, lot: int, time: float) -> float:
    """Price of a contract of a lot at a time [USD]."""
    venue = index(book, LOT, lot, Q_VENUE)
    cut, step = get(book, AUCTION, venue, D_CUT), get(book, AUCTION, venue, D_STEP)
    factor = cut if get(book, LOT, lot, Q_AMOUNT) > 0.0 else 1.0 / cut
    return price_after(get(book, LOT, lot, Q_TOP), factor, step, time - get(book, LOT, lot, Q_STARTED))


@njit(boolean(BOOK, int64, float64), cache=True)
def over(book: Book, lot: int, time: float) -> bool:
    """Whether a lot's auction must be reset before anybody can take."""
    venue, contract = index(book, LOT, lot, Q_VENUE), index(book, LOT, lot, Q_CONTRACT)
    market, size = perpetual_of(book, venue), get(book, CONTRACT, contract, X_SIZE)
    if time - get(book, LOT, lot, Q_STARTED) > get(book, AUCTION, venue, D_TAIL) * (1.0 + SLACK):
        return True
    price, top, cusp = price_at(book, lot, time), get(book, LOT, lot, Q_TOP), get(book, AUCTION, venue, D_CUSP)
    if not 0.0 < price < np.inf or (price < cusp * top if size > 0.0 else cusp * price > top):
        return True
    fund = balance(book, index(book, PERPETUAL, market, M_FUND), index(book, PERPETUAL, market, M_ROLLUP), 0)
    return size == 0.0 or cash_of(book, contract) + size * price + fund < 0.0


@njit(cache=True)
def take(book: Book, row: Row, time: float) -> int:
    """Take exactly `amount` contracts of a lot, cut to whole lots, at a price no worse than `limit` (0: any)."""
    lot = lot_of(book, row.venue, row.target)
    if lot < 0 or over(book, lot, time):
        return CLOSED
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return BAD_AMOUNT
    amount, market, contract = whole_lots(row.amount), perpetual_of(book, row.venue), index(book, LOT, lot, Q_CONTRACT)
    if amount == 0.0:
        return BAD_AMOUNT
    left, price = get(book, CONTRACT, contract, X_SIZE), price_at(book, lot, time)
    change = amount if left > 0.0 else -amount
    if amount > abs(left) or (row.limit > 0.0 and (price - row.limit) * change > 0.0):
        return LIMIT
    own = own_contract(book, row.sender, market)
    if own < 0:
        return NOT_ALLOWED
    size = get(book, CONTRACT, own, X_SIZE)
    exchange(book, own, contract, change, price)
    equity, maintenance, initial = margin_of(book, own)
    reduces = abs(size + change) < abs(size) and size * (size + change) >= 0.0
    # written so that a number that is not finite fails
    if not equity >= (maintenance if reduces else initial):
        return UNHEALTHY
    note(book, lot, Q_TAB, get(book, LOT, lot, Q_TAB) + amount * price_of(book, market))
    if amount == abs(left):
        count(book, row.venue, D_SOLD, 1.0)
        if not finish(book, lot, row.rollup, time):
            return NO_LIQUIDITY
    asset = index(book, PERPETUAL, market, M_ASSET)
    # money for contracts, or the other way round: a short is had with the money that it was sold for
    row.asset_in, row.asset_out = (0, asset) if left > 0.0 else (asset, 0)
    row.filled_in, row.filled_out = (amount * price, amount) if left > 0.0 else (amount, amount * price)
    return OK


@njit(cache=True)
def reset(book: Book, row: Row, lot: int, time: float) -> int:
    """Let an auction whose time is over begin again at the oracle's price of now, or close a lot with nothing left."""
    if not over(book, lot, time):
        return NOT_ALLOWED
    contract, top = index(book, LOT, lot, Q_CONTRACT), first_price(book, lot)
    if top <= 0.0:
        return NO_PRICE
    size = get(book, CONTRACT, contract, X_SIZE)
    if size == 0.0 or cash_of(book, contract) + size * price_of(book, perpetual_of(book, row.venue)) <= 0.0:
        return give_up(book, row, lot, time)
    note(book, lot, Q_TOP, top)
    note(book, lot, Q_STARTED, time)
    count(book, row.venue, D_RESETS, 1.0)
    return OK
