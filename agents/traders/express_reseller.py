"""A bidder for the express lane that sells a round on to others, at a mark-up that it learns.

It does not know what the lane is worth to others, only whether they took it at its price. It asks for more than the
rest of the round is worth to it and has cost it, so that it sells where others value the lane more.
"""

from __future__ import annotations

import numpy as np

from agents.bidding.chances import Chances
from agents.traders.express_bidder import ExpressBidder
from market.access.observation import Observation
from market.access.seat import Seat

MARKUPS = (4.0, 2.0, 1.0, 0.5, 0.25, 0.1, 0.05, 0.01)
"""Candidates, from the one least likely to be paid to the most likely: price over what the rest is worth, less one."""


class ExpressReseller(ExpressBidder):
    """Bids what a round is worth to use and to sell on, and offers it on at every occasion.

    Parameters
    ----------
    markups
        the grid: price over what the rest of the round is worth or has cost, less one, falling and positive [1]
    first_bid_usd, memory, shading, outside, cycles, least_usd, unwind_bp, tip_share
        as of the express bidder
    """

    def __init__(
        self,
        seat: Seat,
        markups: tuple[float, ...] = MARKUPS,
        first_bid_usd: float = 20.0,
        memory: float = 0.1,
        shading: float = 1.0,
        outside: bool = True,
        cycles: bool = True,
        least_usd: float = 0.02,
        unwind_bp: float = 10.0,
        tip_share: float | None = None,
    ) -> None:
        super().__init__(seat, first_bid_usd, memory, shading, outside, cycles, least_usd, unwind_bp, tip_share)
        if not (len(markups) and min(markups) > 0.0 and all(np.diff(markups) < 0.0)):
            raise ValueError(f"markups must be positive and fall, not {markups!r}")
        self.chances = Chances(markups, seed=int(seat.stream.spawn(1)[0].integers(2**63)))
        self.resale_usd = 0.0  # remembered gain of a round won by selling it on, over using what was left [USD]
        self.rounds_sold_on = 0
        self._cost: dict[tuple[int, float], float] = {}  # of rounds, by (domain, start) [USD]
        self._asked: tuple[int, float] = (0, 0.0)  # place of the mark-up asked for last, and what the rest was worth

    def bid_for_lane(self, seen: Observation) -> float:
        """Bid what a round is worth to use, and to sell on [USD]."""
        funds = float(seen.funds[list(seen.rollups), 0].sum())
        return min(super().bid_for_lane(seen) + self.shading * max(0.0, self.resale_usd), funds)

    def heard_lane(self, won: bool, price_usd: float, start_s: float, end_s: float) -> None:
        """Remember what a round cost; what it brings besides use is nothing until it is sold on."""
        super().heard_lane(won, price_usd, start_s, end_s)
        if won:
            self._cost[self._bidding_in, start_s] = price_usd
            self.resale_usd -= self.memory * self.resale_usd

    def lane_bought(self, price_usd: float, start_s: float) -> None:
        """Note a round bought from another, and what it cost."""
        super().lane_bought(price_usd, start_s)
        self._cost[self._bidding_in, start_s] = price_usd

    def ask_for_lane(self, seen: Observation, start_s: float, end_s: float) -> float:
        """Ask for the rest of a round more than it is worth to use, and than it has cost [USD]; inf: not for sale."""
        self._bidding_in = seen.domain
        left = (end_s - seen.time) / (end_s - start_s)
        cost = self._cost.get((seen.domain, start_s), 0.0)
        worth = left * max(self.premium_usd, cost)
        if not worth > 0.0:
            return np.inf
        self._asked = self.chances.choose(self.chances.bids), left * max(0.0, self.premium_usd)
        return worth * (1.0 + float(self.chances.bids[self._asked[0]]))

    def lane_offered(self, sold: bool, price_usd: float, start_s: float) -> None:
        """Learn whether the mark-up was paid, and what selling brought over using."""
        place, worth = self._asked
        self.chances.learn(place, sold)
        if sold:
            self.rounds_sold_on += 1
            self.resale_usd += self.memory * (price_usd - worth)
            self._traded.add((self._bidding_in, start_s))
            self._cost.pop((self._bidding_in, start_s), None)
