"""Liquidations over a threshold within a window pause everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from market.config import Positive
from market.intents.rows import Status
from market.sequencing.breakers._pausing import DOMAIN, Pausing
from market.venues.dispatch import SELLS, stating

if TYPE_CHECKING:
    from market.domain import Slot


class LiquidationVolume(Pausing):
    """Goes off when debt repaid by liquidators and contracts closed by them reach the threshold in the window."""

    kind: Literal["liquidation_volume"] = "liquidation_volume"
    threshold_usd: Positive = Field(default=1e8, description="liquidated volume that sets off a pause [USD]")

    def threshold(self) -> float:
        """Return the liquidated volume that sets off a pause [USD]."""
        return self.threshold_usd

    def reading(self, key: int, now: float) -> float:
        """Return the liquidated volume within the window [USD]."""
        return float(np.sum(self.within(key, now)))

    def measure(self, slot: Slot, key: int) -> bool:
        """Add the block's liquidations to the window."""
        rows = slot.rows
        taken = stating(SELLS, rows["kind"]) & (rows["status"] == Status.FILLED)
        if key != DOMAIN:
            taken &= rows["rollup"] == key
        if not taken.any():
            return False
        prices = slot.market.world.tables.prices
        volume = float(rows["filled_in"][taken] @ prices[rows["asset_in"][taken]])
        self.window(key, slot.time).append((slot.time, volume))
        return self.reading(key, slot.time) >= self.level(slot.market, slot.domain.index, key)
