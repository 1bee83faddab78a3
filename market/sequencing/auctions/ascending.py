"""Open ascending auction with latency and cancellation, as run by a block relay.

Time moves in steps. A bid decided in step s by a bidder with delay d reaches the relay in step s + d; from then on it
is that bidder's standing bid, until the bidder's next message replaces it. With cancellation a lower bid replaces a
higher one, without it the standing bid can only rise. The relay shows the highest standing bid to everybody; when the
auction closes, the highest standing bid wins and pays itself, exact ties being broken at random.

Source: F. Wu, T. Thiery, S. Leonardos and C. Ventre (2023), Strategic bidding wars in on-chain auctions, arXiv
2312.14510.
"""

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from market.access.protocols import Bid
from market.access.times import latency_of
from market.errors import blame
from market.kernel.compiled import kernel
from market.sequencing.auctions.base import SealedAuction

if TYPE_CHECKING:
    from market.domain import Slot


@kernel
def clear(pending: np.ndarray, standing: np.ndarray) -> None:
    """Empty a relay for the next auction.

    Parameters
    ----------
    pending : (delays, n) array of float
        Messages under way: row (step mod delays) holds the bids that arrive in that step, NaN for none.
        There must be more rows than the longest delay in steps.
    standing : (n,) array of float
        Standing bid of each bidder; 0 is no bid.
    """
    pending[:] = np.nan
    standing[:] = 0.0


@kernel
def post(pending: np.ndarray, bidder: int, step: int, delay: int, bid: float) -> None:
    """Send `bid`, decided in `step`, so that it reaches the relay `delay` >= 1 steps later."""
    pending[(step + delay) % pending.shape[0], bidder] = bid


@kernel
def advance(pending: np.ndarray, standing: np.ndarray, step: int, cancellation: bool) -> float:
    """Let the messages of `step` arrive and return the highest standing bid.

    Parameters
    ----------
    pending, standing
        See :func:`clear`.
    step : int
        The step that begins.
    cancellation : bool
        Whether a message may lower its sender's standing bid.
    """
    row = step % pending.shape[0]
    best = 0.0
    for i in range(standing.size):
        bid = pending[row, i]
        if not np.isnan(bid):
            pending[row, i] = np.nan
            standing[i] = bid if cancellation else max(bid, standing[i])
        best = max(best, standing[i])
    return best


@kernel
def winner_of(standing: np.ndarray, u: float) -> int:
    """Return the bidder of the highest positive standing bid, -1 if there is none; the uniform draw `u` breaks ties."""
    best = 0.0
    ties = 0
    for i in range(standing.size):
        if standing[i] > best:
            best = standing[i]
            ties = 1
        elif standing[i] == best and best > 0.0:
            ties += 1
    skip = int(u * ties)
    for i in range(standing.size):
        if best > 0.0 and standing[i] == best:
            if skip == 0:
                return i
            skip -= 1
    return -1


class Ascending(SealedAuction):
    """Open ascending auction for the slot's block, in rounds: builders see the highest bid and revise their own.

    A builder's bid reaches the auctioneer after its own latency, and is decided on what the auctioneer showed a round
    before. It revises through `revise(value, round, rounds, highest)`; a builder without that keeps its sealed bid.
    """

    kind: Literal["ascending"] = "ascending"
    rounds: int = Field(default=20, ge=1, le=10_000, description="rounds of an auction [1]")
    round_s: float = Field(default=0.01, gt=0, description="length of a round [s]")
    closing_sd: float = Field(default=0.0, ge=0, description="standard deviation of the closing time, in rounds [1]")
    cancellation: bool = Field(default=True, description="whether a later, lower bid replaces a standing one")

    def allocate(self, bids: np.ndarray, u: float, payments: np.ndarray) -> int:
        """Winner, who pays the own standing bid; a standing bid of 0 is none."""
        standing = np.where(bids >= self.reserve_usd, bids, 0.0)
        winner = int(winner_of(standing, u))
        if winner >= 0:
            payments[winner] = bids[winner]
        return winner

    def final(self, slot: "Slot", builders: list[Any], offers: list[Bid]) -> np.ndarray:
        """Run the rounds; returns the bids standing when the auction closes."""
        last = self.rounds
        if self.closing_sd > 0.0:
            last = min(self.rounds, max(1, round(slot.rng.normal(self.rounds, self.closing_sd))))
        # a message sent in a round arrives in the next one at the earliest, and behind the last one not at all
        delays = []
        with blame(slot.market) as turn:
            for builder in builders:
                turn.agent = builder
                delays.append(max(1, math.ceil(min(latency_of(builder) / self.round_s, last + 1.0))))
        pending, standing = np.empty((max(delays, default=1) + 1, len(builders))), np.empty(len(builders))
        clear(pending, standing)
        highest = 0.0
        for now in range(last + 1):
            shown, highest = highest, float(advance(pending, standing, now, self.cancellation))
            for at, (builder, offer) in enumerate(zip(builders, offers, strict=True)):
                if now + delays[at] <= last:
                    post(pending, at, now, delays[at], self._bid(slot, builder, offer, now, shown))
        return standing

    def _bid(self, slot: "Slot", builder: Any, offer: Bid, now: int, highest: float) -> float:
        revise = getattr(builder, "revise", None)
        if revise is None:
            return offer.amount
        with blame(slot.market, builder):
            bid = float(revise(offer.value, now, self.rounds, highest))
        self.check(slot, builder, bid)
        return bid
