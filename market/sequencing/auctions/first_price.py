"""Sealed first-price auction: the highest bid wins and pays itself.

Source: W. Vickrey (1961), Counterspeculation, auctions, and competitive sealed tenders, Journal of Finance 16.
"""

from typing import Literal

import numpy as np

from market.kernel.compiled import kernel
from market.sequencing.auctions.base import SealedAuction


@kernel
def settle(bids: np.ndarray, reserve: float, u: float, payments: np.ndarray) -> int:
    """Allocate to the highest bid at or above the reserve; the winner pays the bid.

    Parameters
    ----------
    bids : (n,) array of float
        Bids in the money of the auction; a negative or NaN bid is no bid.
    reserve : float
        Lowest bid that can win, same unit, at least 0.
    u : float
        Uniform draw in [0, 1); chooses among exactly equal highest bids.
    payments : (n,) array of float
        Overwritten with what each bidder pays.

    Returns
    -------
    int
        The winner, or -1 when nobody bid the reserve.
    """
    best = -1.0
    ties = 0
    for i in range(bids.size):
        payments[i] = 0.0
        if bids[i] >= reserve:
            if bids[i] > best:
                best = bids[i]
                ties = 1
            elif bids[i] == best:
                ties += 1
    if ties == 0:
        return -1
    skip = int(u * ties) if ties > 1 else 0
    for i in range(bids.size):
        if bids[i] == best:
            if skip == 0:
                payments[i] = best
                return i
            skip -= 1
    return -1


class FirstPrice(SealedAuction):
    """Sealed first-price auction for the slot's block."""

    kind: Literal["first_price"] = "first_price"

    def allocate(self, bids: np.ndarray, u: float, payments: np.ndarray) -> int:
        """Winner, who pays the own bid."""
        return settle(bids, self.reserve_usd, u, payments)
