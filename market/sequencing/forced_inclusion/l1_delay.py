"""Whoever the sequencer leaves out gets in through L1, after a delay.

A sender pays a transaction on L1; once it is `delay_s` old, the rollup's rules put it on top of the next block
whatever the sequencer does. Delays as deployed: Arbitrum One 24 h, OP Stack 12 h.
Source: Arbitrum documentation, "The sequencer and censorship resistance"; OP Stack specification, deposits and
sequencing window (3600 L1 blocks).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from market.sequencing.forced_inclusion.base import ForcedInclusion
from market.sequencing.ordering.base import first_come_order
from market.state.ledger import Why, transfer

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

    def enforce(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Put on top whatever is overdue and not in the block."""
        due = slot.due
        late = slot.time - due["sent"] >= self.delay_s
        if not late.any():  # nearly every block
            return rows
        late &= self._pays(due["route"])
        late &= ~np.isin(due["id"], rows["id"])
        bundled = late & (due["bundle"] >= 0)
        if bundled.any():
            late |= np.isin(due["bundle"], due["bundle"][bundled])
        if not late.any():
            return rows
        forced = due[late]
        forced = forced[first_come_order(forced, slot.rng.random(forced.size))]
        if self.fee_usd > 0.0:
            forced = forced[self._charged(slot, forced)]
        slot.market.mempool.withdraw(slot.domain.index, forced["id"])
        return np.concatenate([forced, rows])

    def _pays(self, route: np.ndarray) -> np.ndarray:
        """Mask of the senders who go through L1: by the draw made when sending, turned; strategic senders' is 0."""
        return (np.mod(route * 7919.0, 1.0) < self.users) | (route == 0.0)

    def _charged(self, slot: Slot, forced: np.ndarray) -> np.ndarray:
        """Take the L1 fee of each intent or bundle; a mask of those whose sender had it."""
        market, paid = slot.market, np.zeros(forced.size, np.bool_)
        layer1 = market.world.account_of["outside"]
        for at, row in enumerate(forced):
            if at and row["bundle"] >= 0 and row["bundle"] == forced["bundle"][at - 1]:
                paid[at] = paid[at - 1]
                continue
            payer, rollup = int(row["sender"]), int(row["rollup"])
            paid[at] = transfer(market.world.state, payer, layer1, rollup, 0, self.fee_usd, Why.GAS)
        return paid
