"""A liquidator that takes every position that pays, and bids by tip and latency for being first."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from agents.base import Liquidator
from agents.blocks.ticks import against_price
from agents.liquidators._slack import EXACT, Slack, for_sale
from agents.means.auctions import EXPIRES_S, Asked
from agents.means.hedging import brings
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Purpose, Reason, Status
from market.state.records import as_dicts
from market.venues import Kind
from market.venues.pools.seen import has_tick, quote


def somebody_falls(seen: Observation) -> bool:
    """Whether a loan of this domain can be liquidated now."""
    return bool(seen.distressed())


class Greedy(Liquidator):
    """Watches health in the domain whose slot it is; sells what it seizes on the rollup's pools or outside.

    Parameters
    ----------
    sell
        "pool": on the rollup's best pool, "outside": at the reference price; capital comes back in the same bundle
    tip_share
        first share of the expected profit offered as tip [1]; adapts between 0 and 0.9 to being first or late
    most_per_slot
        positions attempted per rollup and slot
    repeat
        whether it tries again in every slot, each intent living 10 s; else one intent at a time, living a minute
    slack
        share by which the limit on what it seizes may slip, the rest of the sale coming out of its own stock [1]; None:
        learned from what its bundles earn
    """

    reasons = (somebody_falls,)

    def __init__(
        self,
        seat: Seat,
        sell: str = "pool",
        tip_share: float = 0.1,
        most_per_slot: int = 8,
        repeat: bool = True,
        slack: float | None = EXACT,
    ) -> None:
        super().__init__(seat)
        if sell not in ("pool", "outside"):
            raise ValueError(f"sell must be 'pool' or 'outside', not {sell!r}")
        if not 0.0 <= tip_share < 1.0:
            raise ValueError(f"tip_share must lie in [0, 1), not {tip_share}")
        self.sell, self.tip_share, self.most_per_slot = sell, tip_share, most_per_slot
        self.repeat, self.asked, self.slack = repeat, Asked(), Slack(seat, slack)

    def act(self, seen: Observation, desk: Desk) -> None:
        """Attempt the largest positions that pay, as far as funds on the rollup reach."""
        self.hedging.catch_up(seen, desk)
        seen = self.hedging.net(seen) if self.sell == "outside" else seen
        for rollup in seen.distressed():
            table = seen.unhealthy(rollup)
            left = seen.funds[rollup].copy()
            largest = np.argsort(-table["most"], kind="stable")[: self.most_per_slot]
            for entry in as_dicts(table[largest]):
                self._attempt(seen, desk, rollup, entry, left)

    def _attempt(self, seen: Observation, desk: Desk, rollup: int, entry: dict[str, Any], left: np.ndarray) -> None:
        debt, collateral, held_on = (int(entry[name]) for name in ("debt", "collateral", "collateral_rollup"))
        amount = min(float(entry["most"]), float(left[debt]))
        if amount <= 0.0:
            return
        if self.sell == "pool":
            pool, amount, back = self._best_sale(seen, held_on, debt, collateral, amount, float(entry["rate"]))
        else:
            pool = -1
            back = brings(seen, collateral, debt, amount * float(entry["rate"]))
        profit = (back - amount) * seen.prices[debt] - float(seen.gas[rollup] + seen.gas[held_on])
        if amount <= 0.0 or profit <= 0.0:
            return
        if not (self.repeat or self.asked.may(seen.time, Kind.LIQUIDATE, int(entry["market"]), int(entry["loan"]))):
            return
        left[debt] -= amount
        seized = amount * float(entry["rate"])
        least = seized * (1.0 - self.slack.choose(seen.time))
        sold = for_sale(seen, held_on, collateral, seized * (1.0 - EXACT), least)
        bundle = desk.bundle()
        desk.liquidate(
            int(entry["market"]), int(entry["loan"]), amount, least,
            debt=debt, collateral=collateral, tip=self.tip_share * profit, bundle=bundle,
            expires_s=10.0 if self.repeat else EXPIRES_S,
        )  # fmt: skip
        if pool >= 0:
            desk.swap(pool, collateral, debt, sold, amount, purpose=Purpose.LIQUIDATION, bundle=bundle)
        else:
            desk.outside(held_on, collateral, debt, sold, amount, purpose=Purpose.LIQUIDATION, bundle=bundle)

    def _best_sale(
        self, seen: Observation, rollup: int, debt: int, collateral: int, amount: float, rate: float
    ) -> tuple[int, float, float]:
        """Pool that pays most for the collateral, and the repayment that earns most there: (pool, amount, income).

        With x, y the pool's reserves and phi = 1 - fee, repaying r earns y phi q r / (x + phi q r) - r, where q is the
        collateral seized per unit repaid: largest at r = (sqrt(phi q x y) - x) / (phi q).
        """
        best = (-1, 0.0, 0.0)
        for pool, side, x, y, fee, tick in _sales(seen, rollup, debt, collateral):
            if tick:
                size = min(amount, against_price(seen.pools, seen.ticks, pool, side, rate)[0] / rate)
                income = quote(seen.pools, seen.ticks, pool, collateral, rate * size)
            else:
                push = (1.0 - fee) * rate
                size = min(amount, max(0.0, (math.sqrt(push * x * y) - x) / push))
                income = y * push * size / (x + push * size)
            if income - size > best[2] - best[1]:
                best = (pool, size, income)
        return best

    def learn(self, receipts: np.ndarray) -> None:
        """Bid more after coming late, less after being first."""
        self.asked.answered(receipts)
        self.slack.learn(receipts)
        tried = receipts[receipts["kind"] == Kind.LIQUIDATE]
        if not tried.size:
            return
        late = float((tried["reason"] == Reason.HEALTHY).mean())
        first = float((tried["status"] == Status.FILLED).mean())
        self.tip_share = min(0.9, max(0.0, self.tip_share + 0.02 * late - 0.01 * first))


class Sale(NamedTuple):
    """A pool that sells collateral for debt."""

    pool: int
    side: int  # of the collateral
    reserve: float  # of the collateral [units]
    other: float  # reserve of the debt [units]
    fee: float
    tick: bool  # whether the sale may come upon a tick


def _sales(seen: Observation, rollup: int, debt: int, collateral: int) -> list[Sale]:
    """Pools of a rollup that sell collateral for debt and are not empty, looked up once until one of them changes."""
    return seen.lasting(("sales", rollup, debt, collateral), _find_sales, seen, rollup, debt, collateral)


def _find_sales(seen: Observation, rollup: int, debt: int, collateral: int) -> list[Sale]:
    pools, found = seen.pools, []
    for pool in np.flatnonzero(pools["rollup"] == rollup).tolist():
        assets, reserves = (pools[name][pool].tolist() for name in ("asset", "reserve"))
        if set(assets) == {debt, collateral}:
            side = 0 if assets[0] == collateral else 1
            tick = has_tick(pools, pool, side)
            if not tick and min(reserves) <= 0.0:
                continue
            found.append(Sale(pool, side, reserves[side], reserves[1 - side], float(pools["fee"][pool]), tick))
    return found
