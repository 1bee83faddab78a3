"""English auctions of a perpetual's contracts: bids for the whole position with what is left of its margin.

Whoever bids also puts up the position's initial margin. It is returned with the bid to whoever is outbid, and goes onto
the winner's contract with the position. The bid takes the place of the margin that was left: of it the fund has the
penalty and the trader the rest. An auction without a bid ends with the close-out of its lot.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents import Reason, Row
from market.ledger import Why, move
from market.state import (
    CONTRACT,
    D_SOLD,
    D_ZERO,
    LOT,
    M_ACCOUNT,
    M_ASSET,
    M_INITIAL,
    PERPETUAL,
    Q_ACCOUNT,
    Q_BID,
    Q_BID_AT,
    Q_BIDDER,
    Q_CONTRACT,
    Q_MARGIN,
    Q_TAB,
    X_SIZE,
    Book,
    balance,
    get,
    index,
)
from market.venues.liquidations._contracts import finish, give_up, own_contract, perpetual_of
from market.venues.liquidations._lots import count, lot_of, note
from market.venues.liquidations.english import beats, end_of
from market.venues.perpetuals import cash_of, exchange, price_of, set_cash

OK, BAD_AMOUNT, POOR = int(Reason.NONE), int(Reason.BAD_AMOUNT), int(Reason.INSUFFICIENT_BALANCE)
LIMIT, CLOSED, NOT_ALLOWED = int(Reason.LIMIT), int(Reason.CLOSED), int(Reason.NOT_ALLOWED)
NO_LIQUIDITY, NO_PRICE = int(Reason.NO_LIQUIDITY), int(Reason.NO_PRICE)
TO_ESCROW, TO_MARGIN = int(Why.ESCROW), int(Why.MARGIN)


@njit(cache=True)
def bid(book: Book, row: Row, time: float) -> int:
    """Bid for a lot; whoever is outbid has its money back at once."""
    lot = lot_of(book, row.venue, row.target)
    if lot < 0 or time >= end_of(book, lot):
        return CLOSED
    if not (row.amount >= 0.0 and np.isfinite(row.amount)):
        return BAD_AMOUNT
    if not beats(book, lot, row.amount):
        return LIMIT
    market = perpetual_of(book, row.venue)
    if own_contract(book, row.sender, market) < 0:
        return NOT_ALLOWED
    size = get(book, CONTRACT, index(book, LOT, lot, Q_CONTRACT), X_SIZE)
    margin = abs(size) * price_of(book, market) * get(book, PERPETUAL, market, M_INITIAL)
    escrow, outbid = index(book, LOT, lot, Q_ACCOUNT), index(book, LOT, lot, Q_BIDDER)
    if outbid >= 0 and not _return(book, row, escrow, outbid):
        return NO_LIQUIDITY
    if not move(book, row.sender, escrow, row.rollup, 0, row.amount + margin, TO_ESCROW):
        return POOR
    note(book, lot, Q_BID, row.amount)
    note(book, lot, Q_MARGIN, margin)
    note(book, lot, Q_BIDDER, float(row.sender))
    note(book, lot, Q_BID_AT, time)
    row.asset_in, row.asset_out = 0, index(book, PERPETUAL, market, M_ASSET)
    row.filled_in = row.amount
    return OK


@njit(cache=True)
def _return(book: Book, row: Row, escrow: int, bidder: int) -> bool:
    """Return all that the standing bid has put up."""
    return move(book, escrow, bidder, row.rollup, 0, balance(book, escrow, row.rollup, 0), TO_ESCROW)


@njit(cache=True)
def settle(book: Book, row: Row, time: float) -> int:
    """Give the position of an auction that has ended to the highest bidder, and the bid to the fund and the trader.

    The winner pays, per contract, what leaves its bid with the lot. The receipt says that in money for contracts,
    whoever asked for it: who won stands in the lot until the next block.
    """
    lot = lot_of(book, row.venue, row.target)
    if lot < 0:
        return CLOSED
    winner = index(book, LOT, lot, Q_BIDDER)
    if winner < 0 or time < end_of(book, lot):
        return NOT_ALLOWED
    escrow, contract = index(book, LOT, lot, Q_ACCOUNT), index(book, LOT, lot, Q_CONTRACT)
    market, size = perpetual_of(book, row.venue), get(book, CONTRACT, contract, X_SIZE)
    asset = index(book, PERPETUAL, market, M_ASSET)
    if size == 0.0:
        # deleveraging has left nothing to be sold
        ended = _return(book, row, escrow, winner) and finish(book, lot, row.rollup, time)
        return OK if ended else NO_LIQUIDITY
    amount = get(book, LOT, lot, Q_BID)
    value, price = abs(size) * price_of(book, market), (amount - cash_of(book, contract)) / size
    if not (0.0 < value < np.inf and np.isfinite(price)):
        return NO_PRICE
    money, own = balance(book, escrow, row.rollup, 0), own_contract(book, winner, market)
    if not move(book, escrow, index(book, PERPETUAL, market, M_ACCOUNT), row.rollup, 0, money, TO_MARGIN):
        return NO_LIQUIDITY
    set_cash(book, own, cash_of(book, own) + money)
    exchange(book, own, contract, size, price)
    note(book, lot, Q_TAB, value)
    count(book, row.venue, D_SOLD, 1.0)
    if amount == 0.0:
        count(book, row.venue, D_ZERO, 1.0)
    if not finish(book, lot, row.rollup, time):
        return NO_LIQUIDITY
    row.asset_in, row.asset_out = (0, asset) if size > 0.0 else (asset, 0)
    row.filled_in, row.filled_out = (size * price, size) if size > 0.0 else (-size, -size * price)
    return OK


@njit(cache=True)
def reset(book: Book, row: Row, lot: int, time: float) -> int:
    """Close the lot of an auction that nobody has bid in."""
    if index(book, LOT, lot, Q_BIDDER) >= 0 or time < end_of(book, lot):
        return NOT_ALLOWED
    return give_up(book, row, lot, time)
