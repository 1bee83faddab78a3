"""Rollups share what their common sequencer takes in so that none is worse off than alone.

Alone, a rollup would have its own tips and gas; where the block is sold, its own gas and the best bid for its block.
Where an auction takes no such bids, the tips of the rollup's own intents stand for them. What sequencing together earns
on top is split in proportion to that, unless a group of rollups could then do better by itself: then the split is the
one nearest to it that no group can improve on.
Source: the Espresso marketplace, whose documentation (2024) splits the revenue of a bundle so that every rollup gets at
least what it would have earned alone; the core of a cooperative game, Gillies (1959).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from market.sequencing.revenue._core import group_values, split
from market.sequencing.revenue.base import Revenue

if TYPE_CHECKING:
    from market.domain import Slot


class StandAlone(Revenue):
    """A share goes to the treasuries of the domain's rollups; the rest stays with the leader."""

    kind: Literal["stand_alone"] = "stand_alone"
    share: float = Field(
        default=1.0, ge=0, le=1, description="part of each slot's revenue for the rollups; 1: none is worse off [1]"
    )

    def pass_on(self, slot: Slot) -> None:
        """Pay the treasuries."""
        purse = self.purse(slot)
        if purse.total <= 0.0:
            return
        rollups = list(slot.domain.rollups)
        groups = None
        if slot.alone is None:
            alone = np.bincount(slot.rows["rollup"], weights=purse.offered, minlength=purse.fees.size)[rollups]
        else:
            alone = purse.fees[rollups] + slot.alone
            groups = None if slot.groups is None else slot.groups + group_values(purse.fees[rollups])
        amounts = np.zeros(purse.fees.size)
        amounts[rollups] = self.share * split(purse.total, alone, groups)
        self.to_rollups(slot, purse.account, amounts)
