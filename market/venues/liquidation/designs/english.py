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

from market.state.store import STATE, State, get, index
from market.venues.liquidation.design import ENGLISH, AuctionDesign
from market.venues.liquidation.tables import Auction, Lot


class English(AuctionDesign):
    """Ascending bids (defaults: MakerDAO's of 12 March 2020, where a bid stood for ten minutes)."""

    kind: Literal["english"] = "english"
    number: ClassVar[int] = ENGLISH
    increment: float = Field(default=0.03, ge=0, lt=1, description="least raise over the standing bid [1]")
    bid_s: float = Field(default=600.0, gt=0, allow_inf_nan=False, description="from the last bid to the end [s]")
    most_s: float = Field(default=21_600.0, gt=0, allow_inf_nan=False, description="from the start to the end [s]")

    def write(self, row: np.ndarray) -> None:
        """Write the terms."""
        super().write(row)
        row["increment"], row["bid_s"], row["most_s"] = self.increment, self.bid_s, self.most_s


@njit(float64(STATE, int64), cache=True)
def end_of(state: State, lot: int) -> float:
    """When a lot's auction ends unless there is another bid [s]."""
    auction = index(state, Lot.auction, lot)
    last = get(state, Lot.started, lot) + get(state, Auction.most_s, auction)
    if index(state, Lot.bidder, lot) < 0:
        return last
    return min(last, get(state, Lot.bid_at, lot) + get(state, Auction.bid_s, auction))


@njit(float64(float64, float64), cache=True)
def least_bid(standing: float, increment: float) -> float:
    """Smallest amount that is sure to beat a standing bid, whatever rounding makes of the increment."""
    return max(standing * (1.0 + increment) * (1.0 + 1e-12), np.nextafter(standing, np.inf))


@njit(boolean(STATE, int64, float64), cache=True)
def beats(state: State, lot: int, amount: float) -> bool:
    """Whether a bid is high enough: anything where nobody has bid, else more than the standing bid by the increment."""
    if index(state, Lot.bidder, lot) < 0:
        return amount >= 0.0
    standing = get(state, Lot.bid, lot)
    raised = standing * (1.0 + get(state, Auction.increment, index(state, Lot.auction, lot)))
    return amount > standing and amount >= raised
