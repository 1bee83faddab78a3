"""English auctions of loans: bids lie in escrow; the highest has the lot, the market its tab, the borrower the rest."""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.rows import Reason, Row
from market.state.ledger import Why, move
from market.state.store import State, balance, get, index
from market.venues.lending.lots import auction_of, close, pay_market, seize
from market.venues.lending.tables import LendingMarket, Loan
from market.venues.liquidation.designs.english import beats, end_of
from market.venues.liquidation.lots import count, lot_of, note
from market.venues.liquidation.tables import Auction, Lot


@njit(cache=True)
def start(state: State, row: Row, time: float) -> int:
    """Put an unhealthy position up for auction."""
    return seize(state, row, time, 1.0)


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
    escrow, asset = index(state, Lot.account, lot), index(state, LendingMarket.debt, row.venue)
    outbid = index(state, Lot.bidder, lot)
    if outbid >= 0 and not move(state, escrow, outbid, row.rollup, asset, get(state, Lot.bid, lot), Why.ESCROW):
        return Reason.NO_LIQUIDITY
    if not move(state, row.sender, escrow, row.rollup, asset, row.amount, Why.ESCROW):
        return Reason.INSUFFICIENT_BALANCE
    note(state, lot, Lot.bid, row.amount)
    note(state, lot, Lot.bidder, float(row.sender))
    note(state, lot, Lot.bid_at, time)
    row.asset_in, row.asset_out = asset, index(state, LendingMarket.collateral, row.venue)
    row.filled_in = row.amount
    return Reason.NONE


@njit(cache=True)
def settle(state: State, row: Row, time: float) -> int:
    """Give the lot of an auction that has ended to the highest bidder, and the bid to the market and the borrower.

    The receipt says what was paid for what, whoever asked for it: who won stands in the lot until the next block.
    """
    lot = lot_of(state, auction_of(state, row.venue), row.target)
    if lot < 0:
        return Reason.CLOSED
    winner = index(state, Lot.bidder, lot)
    if winner < 0 or time < end_of(state, lot):
        return Reason.NOT_ALLOWED
    escrow, lent = index(state, Lot.account, lot), index(state, LendingMarket.debt, row.venue)
    price, tab, amount = get(state, Lot.bid, lot), get(state, Lot.tab, lot), get(state, Lot.amount, lot)
    asset = index(state, LendingMarket.collateral, row.venue)
    if not move(state, escrow, winner, row.rollup, asset, amount, Why.SEIZURE):
        return Reason.NO_LIQUIDITY
    paid_all, owing = pay_market(state, lot, escrow, row.rollup, min(price, tab), tab)
    owner = index(state, Loan.owner, index(state, Lot.position, lot))
    # whatever is left, be it the last bit of a sum, is the borrower's
    surplus = balance(state, escrow, row.rollup, lent)
    if not paid_all or not move(state, escrow, owner, row.rollup, lent, surplus, Why.SURPLUS):
        return Reason.NO_LIQUIDITY
    note(state, lot, Lot.amount, 0.0)
    note(state, lot, Lot.tab, owing)
    count(state, auction_of(state, row.venue), Auction.sold, 1.0)
    if price == 0.0:
        count(state, auction_of(state, row.venue), Auction.zero, 1.0)
    close(state, lot, owing, time)
    row.asset_in, row.asset_out = lent, asset
    row.filled_in, row.filled_out = price, amount
    return Reason.NONE


@njit(cache=True)
def reset(state: State, row: Row, lot: int, time: float) -> int:
    """Let an auction that nobody has bid in begin again."""
    if index(state, Lot.bidder, lot) >= 0 or time < end_of(state, lot):
        return Reason.NOT_ALLOWED
    note(state, lot, Lot.started, time)
    count(state, auction_of(state, row.venue), Auction.resets, 1.0)
    return Reason.NONE
