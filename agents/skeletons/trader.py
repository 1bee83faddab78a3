"""A trader that closes the gap between a pool and the reference price, a part at a time."""

from __future__ import annotations

import numpy as np

from agents.base import Trader
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Status

USD = 0  # number of the money that prices are in; the others are assets 1, 2, ...


class Skeleton(Trader):
    """Buys where an asset is cheaper than the reference price, and sells where it is dearer.

    Parameters
    ----------
    least_bp
        gap, beyond the pool's fee, from which on it trades [bp]
    size_usd
        size of a trade [USD]
    """

    def __init__(self, seat: Seat, least_bp: float = 2.0, size_usd: float = 2000.0) -> None:
        # what is known from the start: seat.funds, seat.config, seat.stream for own random numbers, ...
        super().__init__(seat)
        if not (least_bp >= 0.0 and size_usd > 0.0):
            raise ValueError(f"least_bp must be at least 0 and size_usd above 0, not {least_bp} and {size_usd}")
        self.least_bp, self.size_usd = least_bp, size_usd
        self.filled = 0

    def act(self, seen: Observation, desk: Desk) -> None:
        """Look at the pools of the domain whose slot it is, and send what pays."""
        for pool in np.flatnonzero(np.isin(seen.pools.rollup, seen.rollups)).tolist():
            asset, money = seen.pools.asset[pool].astype(int).tolist()
            if money != USD:
                continue
            price, mid = float(seen.prices[asset]), float(seen.pools.mid[pool])
            least = float(seen.pools.fee[pool]) + 1e-4 * self.least_bp
            cash, stock = (float(seen.funds[int(seen.pools.rollup[pool]), held]) for held in (USD, asset))
            lives_s = 2.0 * seen.block_time
            # a limit says how little it would accept: the reference price, so that it never pays more than that
            if mid < price * (1.0 - least) and cash > 0.0:
                amount = min(self.size_usd, cash)
                desk.swap(pool, USD, asset, amount, amount / price, expires_s=lives_s)
            elif mid > price * (1.0 + least) and stock > 0.0:
                amount = min(self.size_usd / price, stock)
                desk.swap(pool, asset, USD, amount, amount * price, expires_s=lives_s)

    def learn(self, receipts: np.ndarray) -> None:
        """Hear what became of its own intents in a block: a row each, with `status`, `filled_in`, `filled_out`, ..."""
        self.filled += int((receipts["status"] == Status.FILLED).sum())
