"""English auction: ever higher bids for the whole lot, paid into escrow; the last one has it after a while.

Source: MakerDAO's collateral auctions of March 2020 (Flipper). A bid beats the standing one by the minimum increment,
and its money is held until it is outbid or wins. The auction ends `bid_s` after the last bid, or `most_s` after its
beginning; then anybody settles. The first bid may be nothing at all. What the winner pays beyond the debt and its
penalty goes to the borrower, in money: that stands for Maker's second phase, in which the same debt was paid for ever
less of the lot. An auction without a bid begins again when its time is over and anybody asks for it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numba import boolean, float64, int64, njit
from pydantic import Field

from market.intents import Reason, Row
from market.ledger import Why, move
from market.state import (
    AUCTION,
    BOOK,
    D_BID_S,
    D_INCREMENT,
    D_MAX_S,
    D_RESETS,
    D_SOLD,
    D_ZERO,
    L_COLLATERAL,
    L_DEBT,
    LENDING,
    LOT,
    N_OWNER,
    POSITION,
    Q_ACCOUNT,
    Q_AMOUNT,
    Q_BID,
    Q_BID_AT,
    Q_BIDDER,
    Q_POSITION,
    Q_STARTED,
    Q_TAB,
    Q_VENUE,
    Book,
    balance,
    get,
    index,
)
from market.venues.liquidations import ENGLISH, Auction
from market.venues.liquidations._lots import close, count, lot_of, note, pay_market, seize

OK, BAD_AMOUNT, POOR = int(Reason.NONE), int(Reason.BAD_AMOUNT), int(Reason.INSUFFICIENT_BALANCE)
LIMIT, CLOSED, NOT_ALLOWED = int(Reason.LIMIT), int(Reason.CLOSED), int(Reason.NOT_ALLOWED)
NO_LIQUIDITY = int(Reason.NO_LIQUIDITY)
TO_ESCROW, TO_SEIZE, TO_SURPLUS = int(Why.ESCROW), int(Why.SEIZURE), int(Why.SURPLUS)


class English(Auction):
    """Ascending bids (defaults: MakerDAO's of 12 March 2020, where a bid stood for ten minutes)."""

    kind: Literal["english"] = "english"
    number: ClassVar[int] = ENGLISH
    increment: float = Field(default=0.03, ge=0, lt=1, description="least raise over the standing bid [1]")
    bid_s: float = Field(default=600.0, gt=0, allow_inf_nan=False, description="from the last bid to the end [s]")
    most_s: float = Field(default=21_600.0, gt=0, allow_inf_nan=False, description="from the start to the end [s]")

    def write(self, row: np.ndarray) -> None:
        """Write the terms."""
        super().write(row)
        row[[D_INCREMENT, D_BID_S, D_MAX_S]] = self.increment, self.bid_s, self.most_s


@njit(float64(BOOK, int64), cache=True)
def end_of(book: Book, lot: int) -> float:
    """When a lot's auction ends unless there is another bid [s]."""
    venue = index(book, LOT, lot, Q_VENUE)
    last = get(book, LOT, lot, Q_STARTED) + get(book, AUCTION, venue, D_MAX_S)
    if index(book, LOT, lot, Q_BIDDER) < 0:
        return last
    return min(last, get(book, LOT, lot, Q_BID_AT) + get(book, AUCTION, venue, D_BID_S))


@njit(boolean(BOOK, int64, float64), cache=True)
def beats(book: Book, lot: int, amount: float) -> bool:
    """Whether a bid is high enough: anything where nobody has bid, else more than the standing bid by the increment."""
    if index(book, LOT, lot, Q_BIDDER) < 0:
        return amount >= 0.0
    standing = get(book, LOT, lot, Q_BID)
    raised = standing * (1.0 + get(book, AUCTION, index(book, LOT, lot, Q_VENUE), D_INCREMENT))
    return amount > standing and amount >= raised


@njit(cache=True)
def start(book: Book, row: Row, time: float) -> int:
    """Put an unhealthy position up for auction."""
    return seize(book, row, time, 1.0)


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
    escrow, asset = index(book, LOT, lot, Q_ACCOUNT), index(book, LENDING, row.venue, L_DEBT)
    outbid = index(book, LOT, lot, Q_BIDDER)
    if outbid >= 0 and not move(book, escrow, outbid, row.rollup, asset, get(book, LOT, lot, Q_BID), TO_ESCROW):
        return NO_LIQUIDITY
    if not move(book, row.sender, escrow, row.rollup, asset, row.amount, TO_ESCROW):
        return POOR
    note(book, lot, Q_BID, row.amount)
    note(book, lot, Q_BIDDER, float(row.sender))
    note(book, lot, Q_BID_AT, time)
    row.asset_in, row.asset_out = asset, index(book, LENDING, row.venue, L_COLLATERAL)
    row.filled_in = row.amount
    return OK


@njit(cache=True)
def settle(book: Book, row: Row, time: float) -> int:
    """Give the lot of an auction that has ended to the highest bidder, and the bid to the market and the borrower.

    The receipt says what was paid for what, whoever asked for it: who won stands in the lot until the next block.
    """
    lot = lot_of(book, row.venue, row.target)
    if lot < 0:
        return CLOSED
    winner = index(book, LOT, lot, Q_BIDDER)
    if winner < 0 or time < end_of(book, lot):
        return NOT_ALLOWED
    escrow, lent = index(book, LOT, lot, Q_ACCOUNT), index(book, LENDING, row.venue, L_DEBT)
    price, tab, amount = get(book, LOT, lot, Q_BID), get(book, LOT, lot, Q_TAB), get(book, LOT, lot, Q_AMOUNT)
    asset = index(book, LENDING, row.venue, L_COLLATERAL)
    if not move(book, escrow, winner, row.rollup, asset, amount, TO_SEIZE):
        return NO_LIQUIDITY
    paid_all, owing = pay_market(book, lot, escrow, row.rollup, min(price, tab), tab)
    owner = index(book, POSITION, index(book, LOT, lot, Q_POSITION), N_OWNER)
    # whatever is left, be it the last bit of a sum, is the borrower's
    surplus = balance(book, escrow, row.rollup, lent)
    if not paid_all or not move(book, escrow, owner, row.rollup, lent, surplus, TO_SURPLUS):
        return NO_LIQUIDITY
    note(book, lot, Q_AMOUNT, 0.0)
    note(book, lot, Q_TAB, owing)
    count(book, row.venue, D_SOLD, 1.0)
    if price == 0.0:
        count(book, row.venue, D_ZERO, 1.0)
    close(book, lot, owing, time)
    row.asset_in, row.asset_out = lent, asset
    row.filled_in, row.filled_out = price, amount
    return OK


@njit(cache=True)
def reset(book: Book, row: Row, lot: int, time: float) -> int:
    """Let an auction that nobody has bid in begin again."""
    if index(book, LOT, lot, Q_BIDDER) >= 0 or time < end_of(book, lot):
        return NOT_ALLOWED
    note(book, lot, Q_STARTED, time)
    count(book, row.venue, D_RESETS, 1.0)
    return OK
