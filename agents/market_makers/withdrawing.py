"""A provider of liquidity that leaves when prices move too much, and comes back once they have been calm for a while.

Liquidity dries up when it is needed most: whoever provides it to a pool loses to arbitrage in proportion to variance
(Milionis et al. 2022) and earns fees that do not keep up, so it stays away while realised volatility is high.
"""

from __future__ import annotations

import math

import numpy as np

from agents.base import MarketMaker
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat

YEAR_S = 365.0 * 86400.0


class Withdrawing(MarketMaker):
    """Provides on every pool from the start; takes all of it out of a pool that is too volatile.

    Parameters
    ----------
    share
        share of own funds on a rollup that is provided to its pools together [1]
    leave_above
        realised volatility of a pool's price above which to leave it [1/sqrt(year)]; none: stay whatever happens
    memory_s
        time over which past squared returns lose all but 1/e of their weight [s]
    calm_s
        time below the threshold after which to come back [s]
    """

    def __init__(
        self,
        seat: Seat,
        share: float = 0.95,
        leave_above: float | None = 2.5,
        memory_s: float = 60.0,
        calm_s: float = 600.0,
    ) -> None:
        super().__init__(seat)
        if not 0.0 < share <= 1.0 or min(memory_s, calm_s) <= 0.0:
            raise ValueError("share must lie in (0, 1], memory_s and calm_s must be positive")
        if leave_above is not None and not leave_above > 0.0:
            raise ValueError(f"leave_above must be positive or none, not {leave_above}")
        self.share, self.leave_above, self.memory_s, self.calm_s = share, leave_above, memory_s, calm_s
        pools = len(seat.public.pools)
        rollup_of = seat.public.pools.rollup.astype(np.int64)
        self._part = share / np.bincount(rollup_of, minlength=len(seat.config.rollups))[rollup_of]
        self._provider = seat.provider
        self._back_at = np.zeros(pools)  # no provision to a pool before this time [s]
        self._mid, self._seen_at = np.full(pools, np.nan), np.zeros(pools)
        self.variance = np.zeros(pools)  # of the log price, per second
        self._home = seat.funds

    def act(self, seen: Observation, desk: Desk) -> None:
        """Measure volatility, leave what is too volatile, come back to what is calm."""
        limit = math.inf if self.leave_above is None else self.leave_above**2 / YEAR_S
        for pool in range(len(seen.pools)):
            if int(seen.pools["rollup"][pool]) not in seen.rollups:
                continue
            self._measure(pool, seen)
            if self.variance[pool] > limit:
                self._back_at[pool] = seen.time + self.calm_s
            owned = float(seen.provisions["shares"][self._provider, pool])
            if seen.time < self._back_at[pool]:
                if owned > 0.0:
                    desk.remove_liquidity(pool, owned)
            elif owned == 0.0:
                self._provide(seen, desk, pool)

    def _measure(self, pool: int, seen: Observation) -> None:
        """Update the variance per second of a pool's log price, an exponentially weighted mean."""
        mid = float(seen.pools["reserve"][pool, 1] / seen.pools["reserve"][pool, 0])
        elapsed = seen.time - self._seen_at[pool]
        if elapsed > 0.0 and np.isfinite(self._mid[pool]):
            kept = math.exp(-elapsed / self.memory_s)
            squared = math.log(mid / self._mid[pool]) ** 2
            self.variance[pool] = kept * self.variance[pool] + (1.0 - kept) * squared / elapsed
        self._mid[pool], self._seen_at[pool] = mid, seen.time

    def _provide(self, seen: Observation, desk: Desk, pool: int) -> None:
        row = seen.pools[pool]
        rollup, first, second = int(row["rollup"]), int(row["asset"][0]), int(row["asset"][1])
        price = float(row["reserve"][1] / row["reserve"][0])
        wanted = self._part[pool] * self._home[rollup, first]
        amount = min(wanted, float(seen.funds[rollup, first]), float(seen.funds[rollup, second]) / (1.01 * price))
        if amount > 1e-6 * wanted:
            desk.add_liquidity(pool, amount, 1.01 * amount * price)
