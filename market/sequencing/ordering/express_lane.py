"""First come, first served, with an express lane whose right of use is auctioned: Timeboost as deployed.

Time is cut into rounds. The right to a round is sold ahead of it in a sealed second-price auction with a reserve.
The intents of the round's controller count from their arrival, everybody else's from 200 ms later.

Whoever takes part in the market may bid: a strategy with a method `bid_for_lane(seen) -> float` (or a sequence of
bids, of which the last that is admitted stands) is asked when the auction closes, and hears the result if it has a
method `heard_lane(won, price_usd, start_s, end_s)`.

Within a round, its controller may transfer control. Every `resale_s`, one with a method `ask_for_lane(seen, start_s,
end_s)` names a price for the rest of the round (inf: not for sale); of the others with `offer_for_lane(seen, start_s,
end_s)`, whoever offers most takes it at that price, if that is not more than it offers, and pays the controller. It
hears so by `lane_bought(price_usd, start_s)`, the controller whether it has sold by `lane_offered(sold, price_usd,
start_s)`.
Source: Arbitrum documentation, "Timeboost: a gentle introduction" (2025): rounds of 60 s, closing 15 s ahead, at
most five bids per party and round, 200 ms; control of the lane can be transferred.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numba import njit
from pydantic import Field, PrivateAttr, model_validator

from market.access.observation import Observation
from market.access.protocols import Arrangement
from market.errors import blame, fault
from market.intents.rows import Rows
from market.kernel.direct import bound
from market.sequencing.auctions import second_price
from market.sequencing.ordering._rounds import CONTROL, Round, note_round, through_lane
from market.sequencing.ordering.base import EMPTY, Ordering, earliest_first, follows, untouched
from market.sequencing.payments import pay
from market.state.ledger import Why

NOBODY = np.zeros(0, CONTROL)
ROUNDING_S = 1e-3
"""By how much sooner a slot is looked at than by the sum of times: more than rounding can make [s]."""
REMEMBERED = 2
"""Rounds before the current one whose controllers may still have intents on their way."""


@njit(cache=True)
def _lane_order(
    rows: Rows, ties: np.ndarray, controls: Rows, round_s: float, delay_s: float, until: float
) -> np.ndarray:
    """Indices of the rows that have come out of the delay by `until` [s], in the order in which they have.

    Members of a bundle come with its first; exact ties are broken by the uniform draws `ties`.
    """
    count = rows.size
    out, draw = np.empty(count), np.empty(count)
    for k in range(count):
        if follows(rows, k):
            out[k], draw[k] = out[k - 1], draw[k - 1]
            continue
        late = through_lane(rows[k], controls, round_s) < 0
        out[k], draw[k] = rows[k].arrival + delay_s if late else rows[k].arrival, ties[k]
    order, done = earliest_first(out, draw), 0
    while done < count and out[order[done]] <= until:
        done += 1
    return order[:done].copy()


_lane_order_of, _noted = bound(_lane_order), bound(note_round)


class ExpressLane(Ordering):
    """Arrival order, in which all but the lane's controller are late."""

    kind: Literal["express_lane"] = "express_lane"
    round_s: float = Field(60.0, gt=0, allow_inf_nan=False, description="length of a round [s]")
    closing_s: float = Field(15.0, ge=0, allow_inf_nan=False, description="from closing of bids to the round [s]")
    delay_s: float = Field(0.2, ge=0, allow_inf_nan=False, description="delay of everybody outside the lane [s]")
    reserve_usd: float = Field(2.5, ge=0, allow_inf_nan=False, description="lowest price of a round [USD]")
    most_bids: int = Field(5, ge=1, description="bids admitted per party and round [1]")
    resale_s: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="time between chances to sell the lane on, 0: there are none [s]"
    )
    __slots__ = ("_auctioned", "_controls", "_offered", "_rounds")  # every block reads them: see `Consensus`
    if TYPE_CHECKING:
        _auctioned: int = PrivateAttr()
        _offered: int = PrivateAttr()
        _rounds: dict[int, Round] = PrivateAttr()
        _controls: np.ndarray = PrivateAttr()

    @model_validator(mode="after")
    def _closes_in_time(self) -> ExpressLane:
        if self.closing_s >= self.round_s:
            raise ValueError(f"closing_s must be less than round_s, which is {self.round_s:g}")
        return self

    def start(self) -> ExpressLane:
        """Give each domain a lane of its own."""
        own = self.model_copy()
        own._auctioned, own._offered, own._rounds, own._controls = 0, 0, {}, NOBODY
        return own

    def controller(self, time: float) -> int:
        """Account that controls the lane at a time, -1 for nobody."""
        found = self._rounds.get(int(time // self.round_s))
        return -1 if found is None else found.controller(time)

    @property
    def rounds(self) -> dict[int, Round]:
        """Rounds sold so far, by number."""
        return self._rounds

    @property
    def idle_until(self) -> float:
        """When the next round is sold, or the lane may next be sold on, less what rounding may do to that [s]."""
        auction = (self._auctioned + 1) * self.round_s - self.closing_s
        resale = (self._offered + 1) * self.resale_s if self.resale_s > 0.0 else math.inf
        return min(auction, resale) - ROUNDING_S

    def arrange(self, slot) -> tuple[Arrangement | None, object]:
        """Order by arrival at the lane; what is still being delayed waits for the next block."""
        coming = int((slot.sealed_at + self.closing_s) // self.round_s)
        if coming > self._auctioned:
            self._auctioned = coming
            self._sell(slot, coming)
            self._know_controllers()
        if self.resale_s > 0.0 and int(slot.sealed_at // self.resale_s) > self._offered:
            self._offered = int(slot.sealed_at // self.resale_s)
            if self._sell_on(slot, int(slot.sealed_at // self.round_s)):
                self._know_controllers()
        if not slot.due.size:
            return EMPTY, None
        ties = slot.rng.random(slot.due.size)
        order = _lane_order_of(slot.due, ties, self._controls, self.round_s, self.delay_s, slot.sealed_at)
        return untouched(order), None

    def _know_controllers(self) -> None:
        """Draw up who controls the lane when, in the rounds in which something on its way may have arrived."""
        sold = sorted(number for number in self._rounds if number >= self._auctioned - REMEMBERED - 1)
        self._controls = np.array([part for number in sold for part in self._rounds[number].control(number)], CONTROL)

    def after_block(self, slot) -> None:
        """Note what became of what came through the lane."""
        if not slot.rows.size or not self._controls.size:
            return
        tables, brought = slot.market.world.tables, np.empty(slot.rows.size)
        prices, gas = tables.prices, tables.rollups["gas"]
        number, last = -1, 0
        while number < last:
            number, last, sent, reverted, filled = _noted(
                slot.rows, self._controls, self.round_s, number, prices, gas, brought
            )
            if number >= 0:
                self._rounds[number].note(sent, reverted, brought[:filled])

    def _sell(self, slot, number: int) -> None:
        """Sell one round: sealed bids, the highest wins and pays the second highest or the reserve."""
        market = slot.market
        bidders = [agent for agent in market.participants if hasattr(agent, "bid_for_lane")]
        bids = np.array([self._bid(slot, bidder) for bidder in bidders])
        payments = np.zeros(bids.size)
        winner = second_price.settle(bids, self.reserve_usd, slot.rng.random(), payments) if bids.size else -1
        price = 0.0
        if winner >= 0:
            price = float(payments[winner])
            account, begins = bidders[winner].account, number * self.round_s
            self._rounds[number] = Round(account, price, float(bids.max()), [(begins, account)])
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

    def _sell_on(self, slot, number: int) -> bool:
        """Let the controller of the round offer the lane for what is left of it; return whether anybody takes it."""
        market, sold = slot.market, self._rounds.get(number)
        if sold is None:
            return False
        owner = market.participants[sold.controller(slot.sealed_at)]
        if not hasattr(owner, "ask_for_lane"):
            return False
        start_s = number * self.round_s
        price = self._named(slot, owner, "ask_for_lane", start_s)
        if not np.isfinite(price):
            return False
        others = [agent for agent in market.participants if hasattr(agent, "offer_for_lane") and agent is not owner]
        offers = np.array([self._named(slot, agent, "offer_for_lane", start_s) for agent in others])
        held = market.world.tables.balance[:, list(slot.domain.rollups), 0].sum(axis=1)
        able = [0.0 < offer >= price <= held[agent.account] for agent, offer in zip(others, offers, strict=True)]
        if any(able):
            best = np.flatnonzero(np.where(able, offers, -1.0) == offers[able].max())
            buyer = others[int(best[int(slot.rng.random() * best.size)])]  # exact ties at random
            pay(market, buyer.account, owner.account, slot.domain.rollups, price, Why.RESALE)
            sold.holders.append((slot.sealed_at, buyer.account))
            sold.resold, sold.resale_usd = sold.resold + 1, sold.resale_usd + price
            if hasattr(buyer, "lane_bought"):
                with blame(market, buyer):
                    buyer.lane_bought(price, start_s)
        if hasattr(owner, "lane_offered"):
            with blame(market, owner):
                owner.lane_offered(any(able), price, start_s)
        return any(able)

    def _named(self, slot, agent: Any, what: str, start_s: float) -> float:
        """Price that an agent names for the rest of a round when asked by one of its methods [USD]."""
        market = slot.market
        seen: Observation = market.observations[agent.account]._at(slot.domain, slot.sealed_at)
        with blame(market, agent):
            named = float(getattr(agent, what)(seen, start_s, start_s + self.round_s))
        if not named >= 0.0:
            raise fault(market, agent, f"names a price of {named} for the lane; allowed: at least 0")
        return named
