"""A price that moves too far within a window pauses everybody but the exempt.

Exchanges halt on falls from a reference (limit down) or on moves either way (volatility interruptions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from market.config import Positive
from market.errors import InputError
from market.sequencing.breakers._pausing import DOMAIN, Pausing
from market.venues.oracles.rules import pool_price

if TYPE_CHECKING:
    from market.domain import Domain, Slot
    from market.model import SequencerMarket


class Volatility(Pausing):
    """Goes off when the log price is further than the threshold from where it was at the start of the window."""

    kind: Literal["volatility"] = "volatility"
    threshold_log: Positive = Field(default=0.05, description="move of the log price that sets off a pause [1]")
    direction: Literal["both", "down"] = Field(default="both", description="moves that count")
    price: Literal["pool", "reference"] = Field(
        default="pool", description="price watched: the mean over the scope's deepest pools, or the outside market's"
    )
    asset: int = Field(default=1, ge=1, description="asset watched: 1 is the first risky one")

    def seated(self, domain: Domain) -> None:
        """Raise InputError for an asset that there is not."""
        super().seated(domain)
        assets = domain.market.config.assets
        if self.asset > len(assets):
            raise InputError(f"regime.breaker.asset: got {self.asset}; allowed: 1 to {len(assets)}, the risky assets")

    def threshold(self) -> float:
        """Return the move of the log price that sets off a pause."""
        return self.threshold_log

    def reading(self, key: int, now: float) -> float:
        """Return the move of the log price since the start of the window, against the direction that counts [1]."""
        seen = self.within(key, now)
        if not seen:
            return 0.0
        move = seen[-1] - seen[0]
        return -move if self.direction == "down" else abs(move)

    def measure(self, slot: Slot, key: int) -> bool:
        """Compare the log price after the block with the oldest of the window."""
        rollups = slot.domain.rollups if key == DOMAIN else (key,)
        now = self._log_price(slot.market, rollups)
        if not np.isfinite(now):
            return False
        self.window(key, slot.time).append((slot.time, now))
        return self.reading(key, slot.time) >= self.level(slot.market, slot.domain.index, key)

    def _log_price(self, market: SequencerMarket, rollups: tuple[int, ...]) -> float:
        """Log price in USD; nan where no pool of the scope trades the asset."""
        if self.price == "reference":
            return float(np.log(market.world.tables.prices[self.asset]))
        pools = [at for at in market.main_pools[self.asset, list(rollups)].tolist() if at >= 0]
        found = []
        for at in pools:
            mid = np.log(pool_price(market.world.state, at))
            inverted = int(market.world.tables.pools["asset"][at, 0]) != self.asset
            found.append(-mid if inverted else mid)
        return float(np.mean(found)) if found else float("nan")
