"""Lottery of tickets: everybody buys tickets at a fixed price, one of all tickets sold wins the right to build.

The Tullock contest, with decisiveness 1 unless set: with n equal bidders and a block worth V, each spends (n-1)V/n^2.
Source: the Espresso marketplace, whose documentation (2024) sells the right to build by a lottery of tickets; Tullock
(1980), Efficient rent seeking.
"""

from typing import Literal

import numpy as np
from pydantic import Field

from market.sequencing.auctions.base import SealedAuction
from market.sequencing.auctions.tullock import settle


class TicketLottery(SealedAuction):
    """A bid is an outlay: as many whole tickets as it buys; the rest is returned, the tickets are paid for."""

    kind: Literal["ticket_lottery"] = "ticket_lottery"
    ticket_usd: float = Field(default=0.01, ge=0, description="price of a ticket; 0: tickets can be split [USD]")

    decisiveness: float = Field(
        default=1.0, gt=0, description="exponent of the outlays in the chances to win; 1: every ticket counts alike [1]"
    )

    def allocate(self, bids: np.ndarray, u: float, payments: np.ndarray) -> int:
        """Winner by lottery; everybody pays for the own tickets. Nobody wins where nobody bought one."""
        outlay = bids
        if self.ticket_usd > 0.0:
            # a bid of a whole number of tickets must not lose one to rounding
            outlay = np.floor(bids / self.ticket_usd + 1e-9) * self.ticket_usd
        outlay = np.where(outlay >= self.reserve_usd, outlay, 0.0)
        winner = settle(outlay, 0.0, u, payments, self.decisiveness)
        return winner if outlay.any() else -1
