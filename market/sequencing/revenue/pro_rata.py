"""Rollups share what their common sequencer takes in, in proportion to their activity in the slot.

Source: the pooling rules discussed for shared sequencers in Astria's and Espresso's documentation (2023-2024).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from market.sequencing.revenue.base import Purse, Revenue, in_proportion

if TYPE_CHECKING:
    from market.domain import Slot


class ProRata(Revenue):
    """A share goes to the treasuries of the domain's rollups; the rest stays with the leader."""

    kind: Literal["pro_rata"] = "pro_rata"
    share: float = Field(default=0.8, ge=0, le=1, description="part of each slot's revenue for the rollups [1]")
    by: Literal["volume", "fees", "equal"] = Field(
        default="volume", description="split by value traded, by tips and gas paid, or equally"
    )

    def pass_on(self, slot: Slot) -> None:
        """Pay the treasuries."""
        purse = self.purse(slot)
        if purse.total <= 0.0:
            return
        shares = in_proportion(self._weights(slot, purse), slot.domain.rollups)
        self.to_rollups(slot, purse.account, self.share * purse.total * shares)

    def _weights(self, slot: Slot, purse: Purse) -> np.ndarray:
        rollups = purse.fees.size
        if self.by == "equal":
            return np.zeros(rollups)
        weights = purse.value if self.by == "volume" else purse.offered
        return np.bincount(slot.rows["rollup"], weights=weights, minlength=rollups)
