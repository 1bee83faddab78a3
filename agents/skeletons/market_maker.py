"""A market maker that provides liquidity where a pool is near the reference price, and leaves where it is far off."""

from __future__ import annotations

import numpy as np

from agents.base import MarketMaker
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat


class Skeleton(MarketMaker):
    """Provides a share of its funds to each pool that trades near the reference price.

    Parameters
    ----------
    share
        share of own funds on a rollup that it provides to a pool there [1]
    leave_bp
        gap to the reference price from which on it takes its liquidity back [bp]
    """

    def __init__(self, seat: Seat, share: float = 0.5, leave_bp: float = 50.0) -> None:
        # what is known from the start: seat.funds, seat.config, seat.stream for own random numbers, ...
        super().__init__(seat)
        if not (0.0 < share <= 1.0 and leave_bp > 0.0):
            raise ValueError(f"share must lie in (0, 1] and leave_bp be above 0, not {share} and {leave_bp}")
        self.share, self.leave_bp = share, leave_bp
        self._provider = seat.provider  # its row of seen.provisions

    def act(self, seen: Observation, desk: Desk) -> None:
        """Look at the pools of the domain whose slot it is, and provide to them or leave them."""
        for pool in np.flatnonzero(np.isin(seen.pools.rollup, seen.rollups)).tolist():
            first, second = seen.pools.asset[pool].astype(int).tolist()
            mid = float(seen.pools.mid[pool])
            gap_bp = 1e4 * abs(mid * float(seen.prices[second] / seen.prices[first]) - 1.0)
            owned = float(seen.provisions["shares"][self._provider, pool])
            if owned > 0.0 and gap_bp > self.leave_bp:
                desk.remove_liquidity(pool, owned)
            elif owned == 0.0 and gap_bp <= 0.5 * self.leave_bp:
                funds = seen.funds[int(seen.pools.rollup[pool])]
                amount = self.share * min(float(funds[first]), float(funds[second]) / (1.01 * mid))
                if amount > 0.0:
                    desk.add_liquidity(pool, amount, 1.01 * amount * mid)  # of the second asset at most 1% more
