"""All-pay auction: the highest bid wins and every bidder pays the own bid.

The stylised form of a priority-fee or latency race in which the loser's outlay is sunk. Sources: A. Hillman and J.
Riley (1989), Politically contestable rents and transfers, Economics & Politics 1; M. Baye, D. Kovenock and C. de Vries
(1996), The all-pay auction with complete information, Economic Theory 8.
"""

from typing import Literal

import numpy as np

from market.kernel.compiled import kernel
from market.sequencing.auctions import first_price
from market.sequencing.auctions.base import SealedAuction


@kernel
def settle(bids: np.ndarray, reserve: float, u: float, payments: np.ndarray) -> int:
    """Allocate to the highest bid at or above the reserve; all admitted bidders pay what they bid.

    Parameters
    ----------
    bids : (n,) array of float
        Bids in the money of the auction; a negative or NaN bid is no bid.
    reserve : float
        Lowest bid that is admitted, same unit, at least 0; a bid below it is returned unpaid.
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
    for i in range(bids.size):
        if bids[i] >= reserve:
            payments[i] = bids[i]
    return winner


class AllPay(SealedAuction):
    """Sealed all-pay auction for the slot's block."""

    kind: Literal["all_pay"] = "all_pay"

    def allocate(self, bids: np.ndarray, u: float, payments: np.ndarray) -> int:
        """Winner; everybody pays the own bid."""
        return settle(bids, self.reserve_usd, u, payments)
