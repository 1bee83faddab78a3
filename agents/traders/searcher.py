"""A searcher: bundles around users' swaps that it can read, sent to whoever builds the block."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from agents.base import Trader
from agents.bidding.tips import Tips
from agents.blocks.sandwich import best_front_run, pays
from agents.blocks.ticks import against_price, best_front_run_over
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Purpose, Rows, plain
from market.kernel.compiled import kernel
from market.kernel.direct import bound
from market.venues import Kind
from market.venues.pools.seen import advance, has_tick, quote
from market.venues.pools.view import Pools

LEAST_OF_POOL = 1e-4
"""Value of a swap over that of one side of its pool below which nothing about it pays [1]."""


@kernel
def _large(pending: Rows, account: int, pools: Pools, prices: np.ndarray, found: np.ndarray) -> int:
    """Write which pending swaps of others, open and on their own, are large enough to be looked at; return how many.

    Most of the flow is looked at no further.
    """
    count = 0
    for k in range(pending.size):
        row = pending[k]
        if row.sender == account or row.bundle >= 0 or row.kind != Kind.SWAP or row.sealed != 0:
            continue
        if not (0 <= row.venue < pools.shape[0] and 0 <= row.asset_in < prices.size):
            continue  # there is no such pool or asset
        pool = pools[row.venue]
        depth = pool.reserve[0] * prices[int(pool.asset[0])]
        if row.amount * prices[row.asset_in] > LEAST_OF_POOL * depth:
            found[count] = k
            count += 1
    return count


_large_swaps = bound(_large)
_has_tick, _quote, _pays, _best_front_run = bound(has_tick), bound(quote), bound(pays), bound(best_front_run)
"""The same of what is seen, and of plain numbers."""


class PlainPool(NamedTuple):
    """What is seen of a pool, as plain numbers."""

    asset: list[float]
    reserve: list[float]
    fee: float
    kept: float
    rollup: float
    spacing: float


def _pool(seen: Observation, pool: int) -> PlainPool:
    """Return a pool, looked up once until one of them changes."""
    return seen.lasting(("pool", pool), _look_up, seen, pool)


def _look_up(seen: Observation, pool: int) -> PlainPool:
    return PlainPool(*[seen.pools[name][pool].tolist() for name in PlainPool._fields])


class Searcher(Trader):
    """Sandwiches where a swap's limit leaves room, back-runs where it moves a pool off the outside price.

    Parameters
    ----------
    tip_share
        share of the expected profit bid as a tip [1]; None: it is learned
    sandwich
        whether it front-runs, or back-runs only
    """

    def __init__(self, seat: Seat, tip_share: float | None = None, sandwich: bool = True) -> None:
        super().__init__(seat)
        self.tips, self.sandwich = Tips(seat, tip_share), sandwich

    def act(self, seen: Observation, desk: Desk) -> None:
        """Send a bundle for every readable swap that pays."""
        self.hedging.catch_up(seen, desk)
        if not seen.reads_pending:
            self.wake_at = np.inf  # a regime does not change its mind
            return
        pending = seen.pending()
        if not pending.size:
            return
        large = np.empty(pending.size, np.int64)
        count = _large_swaps(pending, self.account, seen.pools, seen.prices, large)
        for row in plain(pending.take(large[:count])) if count else ():
            if not (self.sandwich and self._sandwich(seen, desk, row)):
                self._back_run(seen, desk, row)

    def _sandwich(self, seen: Observation, desk: Desk, row: Any) -> bool:
        pool, source, sink, state = row.venue, row.asset_in, row.asset_out, _pool(seen, row.venue)
        side = 0 if int(state.asset[0]) == source else 1
        x, y, fee, kept = state.reserve[side], state.reserve[1 - side], state.fee, state.kept
        rollup, ticked = int(state.rollup), _has_tick(seen.pools, pool, side)
        if not ticked and not _pays(x, fee, kept, row.amount):
            return False
        capital = 0.5 * seen.funds.item(rollup, source)
        if ticked:
            size, gain = best_front_run_over(seen.pools, seen.ticks, pool, side, row.amount, row.limit, capital)
        else:
            size, gain = _best_front_run(x, y, fee, kept, row.amount, row.limit, capital)
        gain = gain * seen.prices.item(source) - 2.0 * seen.gas.item(rollup)
        if gain <= 0.0:
            return False
        bought = _quote(seen.pools, seen.ticks, pool, source, size)
        bundle = desk.bundle(around=row.id)
        desk.swap(pool, source, sink, size, bought * (1 - 1e-9), purpose=Purpose.SANDWICH, bundle=bundle, expires_s=2.0)
        desk.swap(
            pool, sink, source, bought * (1 - 1e-9), size, tip=self.tips.bid(seen, bundle, gain),
            purpose=Purpose.SANDWICH, bundle=bundle, expires_s=2.0,
        )  # fmt: skip
        return True

    def _back_run(self, seen: Observation, desk: Desk, row: Any) -> None:
        """Trade a pool back to the outside price right behind a swap that moves it away."""
        seen = self.hedging.net(seen)
        pool, source, sink, state = row.venue, row.asset_in, row.asset_out, _pool(seen, row.venue)
        side = 0 if int(state.asset[0]) == source else 1
        # the back-run sells what the user bought: in goes `sink`, out comes `source`
        rate = seen.prices.item(source) / seen.prices.item(sink) * (1.0 - seen.outside_fee)
        phi = 1.0 - state.fee
        if state.spacing > 0.0:
            after = np.array(seen.pools[pool : pool + 1])
            advance(after, seen.ticks, 0, side, row.amount * phi)
            amount, out, _ = against_price(after, seen.ticks, 0, 1 - side, rate)
            if amount <= 0.0:
                return
        else:
            x, y = state.reserve[side], state.reserve[1 - side]
            x, y = x + row.amount * state.kept, y * x / (x + row.amount * phi)
            if not phi * x * rate > y:
                return
            amount = (math.sqrt(rate * phi * x * y) - y) / phi
            out = x * phi * amount / (y + phi * amount)
        rollup = int(state.rollup)
        gain = (out * rate - amount) * seen.prices.item(sink) - 2.0 * seen.gas.item(rollup)
        if gain <= 0.0 or amount > seen.funds.item(rollup, sink):
            return
        bundle = desk.bundle(around=row.id)
        desk.swap(
            pool, sink, source, amount, out * (1 - 1e-9), tip=self.tips.bid(seen, bundle, gain),
            purpose=Purpose.ARBITRAGE, bundle=bundle, expires_s=2.0,
        )  # fmt: skip
        desk.outside(rollup, source, sink, out * (1 - 1e-9), amount, purpose=Purpose.ARBITRAGE, bundle=bundle)

    def learn(self, receipts: np.ndarray) -> None:
        """Learn which shares of a profit win the place around a user's swap."""
        self.tips.learn(receipts)
