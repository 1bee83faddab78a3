"""Whoever the sequencer leaves out gets in through L1, after a delay, and does not have to decide on it.

A sender pays a transaction on L1; once it is `delay_s` old, the rollup's rules put it on top of the next block
whatever the sequencer does. Delays as deployed: Arbitrum One 24 h, OP Stack 12 h.
Source: Arbitrum documentation, "The sequencer and censorship resistance"; OP Stack specification, deposits and
sequencing window (3600 L1 blocks).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from market.sequencing.forced_inclusion.base import ForcedInclusion, by_arrival, charged, whole

if TYPE_CHECKING:
    from market.domain import Slot


class ThroughL1(ForcedInclusion):
    """Overdue intents go on top of the block, in order of arrival."""

    kind: Literal["l1_delay"] = "l1_delay"
    delay_s: float = Field(
        86_400.0, gt=0, allow_inf_nan=False, description="age from which an intent is forced in [s] (OP Stack: 43200)"
    )
    fee_usd: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="L1 fee of a forced intent, paid by its sender [USD]"
    )
    users: float = Field(1.0, ge=0, le=1, description="share of users who go through L1 [1]; strategic senders all do")

    def start(self) -> ThroughL1:
        """Give each domain a count of its own."""
        return self.model_copy()

    def enforce(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Put on top whatever is overdue and not in the block."""
        due = slot.due
        if slot.time < self.delay_s:  # nothing has been sent as long ago as that
            return rows
        late = slot.time - due["sent"] >= self.delay_s
        if not late.any():  # nearly every block
            return rows
        late &= self._pays(due["route"])
        late = whole(due, late & ~np.isin(due["id"], rows["id"]))
        if not late.any():
            return rows
        forced = by_arrival(slot, due[late])
        return self.put_on_top(slot, forced[charged(slot.market, forced, self.fee_usd)], rows)

    def _pays(self, route: np.ndarray) -> np.ndarray:
        """Mask of the senders who go through L1: by the draw made when sending, turned; strategic senders' is 0."""
        return (np.mod(route * 7919.0, 1.0) < self.users) | (route == 0.0)
