"""First come, first served, with an express lane whose right of use is auctioned: Timeboost as deployed.

Time is cut into rounds. The right to a round is sold ahead of it in a sealed second-price auction with a reserve.
The intents of the round's controller count from their arrival, everybody else's from 200 ms later.

Whoever takes part in the market may bid: a strategy with a method `bid_for_lane(seen) -> float` (or a sequence of
bids, of which the last that is admitted stands) is asked when the auction closes, and hears the result if it has a
method `heard_lane(won, price_usd, start_s, end_s)`.
Source: Arbitrum documentation, "Timeboost: a gentle introduction" (2025): rounds of 60 s, closing 15 s ahead, at
most five bids per party and round, 200 ms.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from market.access.observation import Observation
from market.access.protocols import Arrangement
from market.errors import blame, fault
from market.sequencing.auctions import second_price
from market.sequencing.ordering.base import EMPTY, Ordering, first_come_order, first_of_unit, untouched
from market.sequencing.payments import pay
from market.state.ledger import Why

REMEMBERED = 2
"""Rounds before the current one whose controllers may still have intents on their way."""


class ExpressLane(Ordering):
    """Arrival order, in which all but the lane's controller are late."""

    kind: Literal["express_lane"] = "express_lane"
    round_s: float = Field(60.0, gt=0, allow_inf_nan=False, description="length of a round [s]")
    closing_s: float = Field(15.0, ge=0, allow_inf_nan=False, description="from closing of bids to the round [s]")
    delay_s: float = Field(0.2, ge=0, allow_inf_nan=False, description="delay of everybody outside the lane [s]")
    reserve_usd: float = Field(2.5, ge=0, allow_inf_nan=False, description="lowest price of a round [USD]")
    most_bids: int = Field(5, ge=1, description="bids admitted per party and round [1]")
    _auctioned: int = PrivateAttr(default=0)
    _controllers: dict[int, int] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _closes_in_time(self) -> ExpressLane:
        if self.closing_s >= self.round_s:
            raise ValueError(f"closing_s must be less than round_s, which is {self.round_s:g}")
        return self

    def start(self) -> ExpressLane:
        """Give each domain a lane of its own."""
        own = self.model_copy()
        own._controllers = {}
        return own

    def controller(self, time: float) -> int:
        """Account that controls the lane at a time, -1 for nobody."""
        return self._controllers.get(int(time // self.round_s), -1)

    def arrange(self, slot) -> tuple[Arrangement | None, object]:
        """Order by arrival at the lane; what is still being delayed waits for the next block."""
        coming = int((slot.sealed_at + self.closing_s) // self.round_s)
        if coming > self._auctioned:
            self._auctioned = coming
            self._sell(slot, coming)
        if not slot.due.size:
            return EMPTY, None
        rows = slot.due.copy()
        rows["arrival"] = self._effective(slot.due)
        order = first_come_order(rows, slot.rng.random(rows.size))
        return untouched(order[rows["arrival"][order] <= slot.sealed_at]), None

    def _effective(self, rows: np.ndarray) -> np.ndarray:
        """When each row has come out of the delay [s]; members of a bundle come with its first."""
        rounds = rows["arrival"] // self.round_s
        express = np.zeros(rows.size, np.bool_)
        for number, account in self._controllers.items():
            express |= (rounds == number) & (rows["sender"] == account)
        times = rows["arrival"] + np.where(express, 0.0, self.delay_s)
        return times[first_of_unit(rows)]

    def _sell(self, slot, number: int) -> None:
        """Sell one round: sealed bids, the highest wins and pays the second highest or the reserve."""
        for past in [kept for kept in self._controllers if kept < number - REMEMBERED]:
            del self._controllers[past]
        market = slot.market
        bidders = [agent for agent in market.participants if hasattr(agent, "bid_for_lane")]
        bids = np.array([self._bid(slot, bidder) for bidder in bidders])
        payments = np.zeros(bids.size)
        winner = second_price.settle(bids, self.reserve_usd, slot.rng.random(), payments) if bids.size else -1
        price = 0.0
        if winner >= 0:
            price = float(payments[winner])
            self._controllers[number] = bidders[winner].account
            self._collect(slot, bidders[winner], price)
        for at, bidder in enumerate(bidders):
            if hasattr(bidder, "heard_lane"):
                with blame(market, bidder):
                    bidder.heard_lane(at == winner, price, number * self.round_s, (number + 1) * self.round_s)

    def _bid(self, slot, bidder: Any) -> float:
        """Return a party's standing bid [USD]; -1, no bid, where its deposit does not cover it."""
        market = slot.market
        seen: Observation = market.observations[bidder.account]._at(slot.domain, slot.sealed_at)
        with blame(market, bidder):
            asked = np.atleast_1d(np.asarray(bidder.bid_for_lane(seen), float))
        if not (np.isfinite(asked).all() and (asked >= 0.0).all()):
            raise fault(market, bidder, f"bids {asked.tolist()} for the lane; allowed: finite and not negative")
        admitted = asked[: self.most_bids]
        deposit = market.world.tables.balance[bidder.account, list(slot.domain.rollups), 0].sum()
        return float(admitted[-1]) if admitted.size and 0.0 < admitted[-1] <= deposit else -1.0

    def _collect(self, slot, bidder: Any, price: float) -> None:
        """Move the price to the operator, from wherever in the domain the winner has funds."""
        market = slot.market
        paid = pay(market, bidder.account, slot.leader.account, slot.domain.rollups, price, Why.BID)
        slot.bids += paid
        market.tally.auction_revenue += paid
        market.tally.paid_bid(bidder.account, paid)
