"""A liquidator that waits for a Dutch auction's price to fall to what a lot is worth to it."""

from __future__ import annotations

import numpy as np

from agents.liquidators._slack import EXACT, for_sale
from agents.liquidators.greedy import Greedy
from agents.means.auctions import EXPIRES_S, market_of, sides, start_auctions
from agents.means.contract_auctions import (
    position_at,
    purchase,
    start_on_perpetuals,
    tidy,
)
from agents.means.contract_orders import take_and_close
from agents.means.hedging import brings
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Purpose, Reason, Status
from market.venues import Kind
from market.venues.liquidation.design import DUTCH


class DutchWaiter(Greedy):
    """Starts auctions of unhealthy positions, resets stale ones, and takes at the first price <= P (1 - cost share).

    P is what the collateral brings where it is sold, as for `greedy`; capital comes back in the same bundle, so that a
    lot larger than it is taken in parts. Contracts of perpetuals it closes with the market's maker.

    Parameters
    ----------
    cost_share
        what it must gain, for its costs and itself, over what the sale brings [1]
    sell
        "pool": on the rollup's best pool, "outside": at the reference price
    tip_share
        first share of the expected profit offered as tip [1]; adapts as that of `greedy` does
    tip_usd
        tip of starts and resets, which gain nothing by themselves [USD]
    most_per_slot
        auctions started, and lots attempted, per rollup and slot
    slack
        share by which the limit on what it takes may slip, as for `greedy` [1]
    """

    def __init__(
        self,
        seat: Seat,
        cost_share: float = 0.02,
        sell: str = "pool",
        tip_share: float = 0.1,
        tip_usd: float = 0.05,
        most_per_slot: int = 8,
        slack: float | None = EXACT,
    ) -> None:
        super().__init__(seat, sell, tip_share, most_per_slot, slack=slack)
        if not 0.0 <= cost_share < 1.0:
            raise ValueError(f"cost_share must lie in [0, 1), not {cost_share}")
        if not 0.0 <= tip_usd < np.inf:
            raise ValueError(f"tip_usd must be at least 0, not {tip_usd}")
        self.cost_share, self.tip_usd = cost_share, tip_usd

    def act(self, seen: Observation, desk: Desk) -> None:
        """Start what can be started, reset what is over, take what is cheap enough."""
        self.hedging.catch_up(seen, desk)
        seen = self.hedging.net(seen) if self.sell == "outside" else seen
        for rollup in seen.rollups:
            habit = DUTCH, self.most_per_slot, self.asked, self.tip_usd
            start_auctions(seen, desk, rollup, *habit)
            start_on_perpetuals(seen, desk, rollup, *habit)
            tidy(seen, desk, rollup, self.asked, self.tip_usd)
            left, tried = seen.funds[rollup].copy(), 0
            for at in seen.open_lots(rollup):
                lot = seen.lots[at]
                terms = seen.auctions[int(lot["auction"])]
                if terms["design"] != DUTCH or tried == self.most_per_slot:
                    continue
                if lot["contract"] >= 0.0:
                    tried += self._on_contracts(seen, desk, rollup, int(at), left)
                    continue
                price = seen.asked(int(at))
                if np.isnan(price):
                    self._reset(seen, desk, lot)
                elif self._take(seen, desk, rollup, lot, price, left):
                    tried += 1

    def _reset(self, seen: Observation, desk: Desk, lot: np.ndarray) -> None:
        kind = Kind.LOAN_AUCTION_RESET if lot["contract"] < 0.0 else Kind.CONTRACT_AUCTION_RESET
        venue, number = market_of(seen, lot), int(lot["id"])
        if self.asked.may(seen.time, kind, venue, number):
            desk.auction(kind, venue, number, tip=self.tip_usd, expires_s=EXPIRES_S)

    def _on_contracts(self, seen: Observation, desk: Desk, rollup: int, at: int, left: np.ndarray) -> bool:
        """Take as much of a lot of contracts as pays, or reset it; tells whether it was worth an attempt to take."""
        position = position_at(seen, rollup, at)
        if position is None:
            return False
        if np.isnan(position.asked):
            self._reset(seen, desk, seen.lots[at])
            return False
        found = purchase(seen, position, float(left[0]))
        if found is None:
            return False
        profit = found.profit - 3.0 * float(seen.gas[rollup])
        # the share is of the larger of what is paid and what is had, as of what a sale brings
        value = found.amount * found.price + (found.profit if position.size > 0.0 else 0.0)
        if profit < 0.0 or found.profit < self.cost_share * value * (1.0 - 1e-9):
            return False
        if not self.asked.may(seen.time, Kind.CONTRACT_AUCTION_TAKE, position.market, position.number):
            return False
        left[0] -= found.margin
        take_and_close(seen, desk, found, self.tip_share * profit)
        return True

    def _take(
        self, seen: Observation, desk: Desk, rollup: int, lot: np.ndarray, price: float, left: np.ndarray
    ) -> bool:
        """Take as much of a lot as pays and can be paid; tells whether it was worth an attempt."""
        venue = market_of(seen, lot)
        debt, collateral = sides(seen, venue)
        amount = min(float(left[debt]), float(lot["tab"]), float(lot["amount"]) * price)
        if amount <= 0.0:
            return False
        pool = -1
        if self.sell == "pool":
            pool, amount, back = self._best_sale(seen, rollup, debt, collateral, amount, 1.0 / price)
        else:
            back = brings(seen, collateral, debt, amount / price)
        profit = (back - amount) * seen.prices[debt] - 2.0 * float(seen.gas[rollup])
        # the share is of what the sale brings; the slack is for prices that meet it exactly
        if amount <= 0.0 or profit < 0.0 or amount > back * (1.0 - self.cost_share) * (1.0 + 1e-12):
            return False
        if not self.asked.may(seen.time, Kind.LOAN_AUCTION_TAKE, venue, int(lot["id"])):
            return False
        left[debt] -= amount
        expected = amount / price * (1.0 - self.slack.choose(seen.time))
        taken = for_sale(seen, rollup, collateral, amount / price * (1.0 - EXACT), expected)
        bundle = desk.bundle()
        desk.auction(
            Kind.LOAN_AUCTION_TAKE, venue, int(lot["id"]), amount, expected, tip=self.tip_share * profit, bundle=bundle,
            expires_s=EXPIRES_S,
        )  # fmt: skip
        # a margin below the rounding of the limits leaves the sale without one
        least = min(amount, back * (1.0 - 1e-8))
        if pool >= 0:
            desk.swap(pool, collateral, debt, taken, least, purpose=Purpose.LIQUIDATION, bundle=bundle)
        else:
            desk.outside(rollup, collateral, debt, taken, least, purpose=Purpose.LIQUIDATION, bundle=bundle)
        return True

    def learn(self, receipts: np.ndarray) -> None:
        """Bid more after coming late, less after being first."""
        self.asked.answered(receipts)
        self.slack.learn(receipts)
        tried = receipts[np.isin(receipts["kind"], (Kind.LOAN_AUCTION_TAKE, Kind.CONTRACT_AUCTION_TAKE))]
        if tried.size:
            late, first = (
                float((tried["reason"] == Reason.CLOSED).mean()),
                float((tried["status"] == Status.FILLED).mean()),
            )
            self.tip_share = min(0.9, max(0.0, self.tip_share + 0.02 * late - 0.01 * first))
