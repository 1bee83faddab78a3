"""Dutch auctions of loans: whoever takes from a lot pays at once; when the tab is raised, the rest goes back."""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.rows import Reason, Row
from market.state.ledger import Why, move
from market.state.store import State, get, index
from market.venues.lending.lots import auction_of, close, pay_market, seize
from market.venues.lending.rules import price_ratio, set_position
from market.venues.lending.tables import LendingMarket, Loan
from market.venues.liquidation.designs.dutch import over, price_at
from market.venues.liquidation.lots import count, lot_of, note
from market.venues.liquidation.tables import Auction, Lot


@njit(cache=True)
def start(state: State, row: Row, time: float) -> int:
    """Put an unhealthy position up for auction."""
    return seize(state, row, time, get(state, Auction.buf, auction_of(state, row.venue)))


@njit(cache=True)
def take(state: State, row: Row, time: float) -> int:
    """Buy from a lot at the price of the moment, for at most `amount` and no more than is still to be raised."""
    lot = lot_of(state, auction_of(state, row.venue), row.target)
    if lot < 0 or over(state, lot, time):
        return Reason.CLOSED
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    price, left, tab = price_at(state, lot, time), get(state, Lot.amount, lot), get(state, Lot.tab, lot)
    paid = min(row.amount, tab)
    taken = paid / price
    # what would be left but for rounding is not left
    if taken >= left * (1.0 - 1e-12):
        taken = left
        paid = min(paid, taken * price)
    if not taken > 0.0 or taken < row.limit:
        return Reason.LIMIT
    paid_all, owing = pay_market(state, lot, row.sender, row.rollup, paid, tab)
    if not paid_all:
        return Reason.INSUFFICIENT_BALANCE
    asset = index(state, LendingMarket.collateral, row.venue)
    if not move(state, index(state, Lot.account, lot), row.sender, row.rollup, asset, taken, Why.SEIZURE):
        return Reason.NO_LIQUIDITY
    note(state, lot, Lot.amount, left - taken)
    note(state, lot, Lot.tab, owing)
    if taken == left or owing <= 1e-12 * tab:
        count(state, auction_of(state, row.venue), Auction.sold, 1.0)
        if not _give_back(state, row, lot, left - taken):
            return Reason.NO_LIQUIDITY
        close(state, lot, owing, time)
    row.asset_in, row.asset_out = index(state, LendingMarket.debt, row.venue), asset
    row.filled_in, row.filled_out = paid, taken
    return Reason.NONE


@njit(cache=True)
def _give_back(state: State, row: Row, lot: int, rest: float) -> bool:
    """Return what need not be sold to the borrower's position."""
    venue, position = row.venue, index(state, Lot.position, lot)
    asset, market = index(state, LendingMarket.collateral, venue), index(state, LendingMarket.account, venue)
    if not move(state, index(state, Lot.account, lot), market, row.rollup, asset, rest, Why.SURPLUS):
        return False
    if rest > 0.0:
        held, debt = get(state, Loan.collateral, position), get(state, Loan.debt, position)
        set_position(state, position, held + rest, debt)
    note(state, lot, Lot.amount, 0.0)
    return True


@njit(cache=True)
def reset(state: State, row: Row, lot: int, time: float) -> int:
    """Let an auction whose time is over begin again at the oracle's price of now."""
    if not over(state, lot, time):
        return Reason.NOT_ALLOWED
    ratio = price_ratio(state, row.venue)
    if ratio <= 0.0:
        return Reason.NO_PRICE
    note(state, lot, Lot.top, get(state, Auction.buf, auction_of(state, row.venue)) * ratio)
    note(state, lot, Lot.started, time)
    count(state, auction_of(state, row.venue), Auction.resets, 1.0)
    return Reason.NONE
