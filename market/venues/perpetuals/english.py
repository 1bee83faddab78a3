"""English auctions of a perpetual's contracts: bids for the whole position with what is left of its margin.

Whoever bids also puts up the position's initial margin. It is returned with the bid to whoever is outbid, and goes onto
the winner's contract with the position. The bid takes the place of the margin that was left: of it the fund has the
penalty and the trader the rest. An auction without a bid ends with the close-out of its lot.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.rows import Reason, Row
from market.state.ledger import Why, move
from market.state.store import State, balance, get, index
from market.venues.liquidation.designs.english import beats, end_of
from market.venues.liquidation.lots import count, lot_of, note
from market.venues.liquidation.tables import Auction, Lot
from market.venues.perpetuals.lots import auction_of, finish, give_up, own_contract
from market.venues.perpetuals.rules import cash_of, exchange, price_of, set_cash
from market.venues.perpetuals.tables import Contract, Perpetual


@njit(cache=True)
def bid(state: State, row: Row, time: float) -> int:
    """Bid for a lot; whoever is outbid has its money back at once."""
    lot = lot_of(state, auction_of(state, row.venue), row.target)
    if lot < 0 or time >= end_of(state, lot):
        return Reason.CLOSED
    if not (row.amount >= 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    if not beats(state, lot, row.amount):
        return Reason.LIMIT
    market = row.venue
    if own_contract(state, row.sender, market) < 0:
        return Reason.NOT_ALLOWED
    size = get(state, Contract.quantity, index(state, Lot.contract, lot))
    margin = abs(size) * price_of(state, market) * get(state, Perpetual.initial, market)
    escrow, outbid = index(state, Lot.account, lot), index(state, Lot.bidder, lot)
    if outbid >= 0 and not _return(state, row, escrow, outbid):
        return Reason.NO_LIQUIDITY
    if not move(state, row.sender, escrow, row.rollup, 0, row.amount + margin, Why.ESCROW):
        return Reason.INSUFFICIENT_BALANCE
    note(state, lot, Lot.bid, row.amount)
    note(state, lot, Lot.margin, margin)
    note(state, lot, Lot.bidder, float(row.sender))
    note(state, lot, Lot.bid_at, time)
    row.asset_in, row.asset_out = 0, index(state, Perpetual.asset, market)
    row.filled_in = row.amount
    return Reason.NONE


@njit(cache=True)
def _return(state: State, row: Row, escrow: int, bidder: int) -> bool:
    """Return all that the standing bid has put up."""
    return move(state, escrow, bidder, row.rollup, 0, balance(state, escrow, row.rollup, 0), Why.ESCROW)


@njit(cache=True)
def settle(state: State, row: Row, time: float) -> int:
    """Give the position of an auction that has ended to the highest bidder, and the bid to the fund and the trader.

    The winner pays, per contract, what leaves its bid with the lot. The receipt says that in money for contracts,
    whoever asked for it: who won stands in the lot until the next block.
    """
    lot = lot_of(state, auction_of(state, row.venue), row.target)
    if lot < 0:
        return Reason.CLOSED
    winner = index(state, Lot.bidder, lot)
    if winner < 0 or time < end_of(state, lot):
        return Reason.NOT_ALLOWED
    escrow, contract = index(state, Lot.account, lot), index(state, Lot.contract, lot)
    market, size = row.venue, get(state, Contract.quantity, contract)
    asset = index(state, Perpetual.asset, market)
    if size == 0.0:
        # deleveraging has left nothing to be sold
        ended = _return(state, row, escrow, winner) and finish(state, lot, row.rollup, time)
        return Reason.NONE if ended else Reason.NO_LIQUIDITY
    amount = get(state, Lot.bid, lot)
    value, price = abs(size) * price_of(state, market), (amount - cash_of(state, contract)) / size
    if not (0.0 < value < np.inf and np.isfinite(price)):
        return Reason.NO_PRICE
    money, own = balance(state, escrow, row.rollup, 0), own_contract(state, winner, market)
    if not move(state, escrow, index(state, Perpetual.account, market), row.rollup, 0, money, Why.MARGIN):
        return Reason.NO_LIQUIDITY
    set_cash(state, own, cash_of(state, own) + money)
    exchange(state, own, contract, size, price)
    note(state, lot, Lot.tab, value)
    count(state, auction_of(state, row.venue), Auction.sold, 1.0)
    if amount == 0.0:
        count(state, auction_of(state, row.venue), Auction.zero, 1.0)
    if not finish(state, lot, row.rollup, time):
        return Reason.NO_LIQUIDITY
    row.asset_in, row.asset_out = (0, asset) if size > 0.0 else (asset, 0)
    row.filled_in, row.filled_out = (size * price, size) if size > 0.0 else (-size, -size * price)
    return Reason.NONE


@njit(cache=True)
def reset(state: State, row: Row, lot: int, time: float) -> int:
    """Close the lot of an auction that nobody has bid in."""
    if index(state, Lot.bidder, lot) >= 0 or time < end_of(state, lot):
        return Reason.NOT_ALLOWED
    return give_up(state, row, lot, time)
