"""Sealed second-price auction: the highest bid wins and pays the second highest, or the reserve if that is larger.

Source: W. Vickrey (1961), Counterspeculation, auctions, and competitive sealed tenders, Journal of Finance 16.
"""

from typing import Literal

import numpy as np

from market.kernel.compiled import kernel
from market.sequencing.auctions import first_price
from market.sequencing.auctions.base import SealedAuction


@kernel
def settle(bids: np.ndarray, reserve: float, u: float, payments: np.ndarray) -> int:
    """Allocate to the highest bid at or above the reserve; the winner pays the best of the other bids.

    Parameters
    ----------
    bids : (n,) array of float
        Bids in the money of the auction; a negative or NaN bid is no bid.
    reserve : float
        Lowest bid that can win and lowest price, same unit, at least 0.
    u : float
        Uniform draw in [0, 1); chooses among exactly equal highest bids.
    payments : (n,) array of float
        Overwritten with what each bidder pays.

    Returns
    -------
    int
        The winner, or -1 when nobody bid the reserve.
    """
    winner = first_price.settle(bids, reserve, u, payments)
    if winner >= 0:
        price = reserve
        for i in range(bids.size):
            if i != winner and bids[i] > price:
                price = bids[i]
        payments[winner] = price
    return winner


class SecondPrice(SealedAuction):
    """Sealed second-price auction for the slot's block."""

    kind: Literal["second_price"] = "second_price"

    def allocate(self, bids: np.ndarray, u: float, payments: np.ndarray) -> int:
        """Winner, who pays the best of the other bids."""
        return settle(bids, self.reserve_usd, u, payments)
