"""An inbox on L1: what a sender hands in there, the rollup's rules put on top of a block, whatever the sequencer does.

Handing in is the sender's choice and costs a fee, taken when it does. The intent is in the inbox with the next block
of L1, and `delay_s` later it may no longer be left out of the next block of the domain. Until then the sequencer may
include it as any other; as it is on L1 it does not expire. Delays as deployed: Arbitrum One 24 h, OP Stack 12 h.
Source: Arbitrum documentation, "The sequencer and censorship resistance"; OP Stack specification, deposits and
sequencing window (3600 L1 blocks).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field, PrivateAttr

from market.sequencing.forced_inclusion.base import ForcedInclusion, by_arrival, charged, whole

if TYPE_CHECKING:
    from market.domain import Domain, Slot


class Inbox(ForcedInclusion):
    """What was handed in goes on top of the block once it is due, in order of arrival."""

    portable: ClassVar[bool] = False
    kind: Literal["l1_inbox"] = "l1_inbox"
    delay_s: float = Field(
        86_400.0,
        ge=0,
        allow_inf_nan=False,
        description="from the block of L1 to forced inclusion [s] (OP Stack: 43200)",
    )
    fee_usd: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="fee on L1 for handing in, paid by the sender [USD]"
    )
    layer1_block_s: float = Field(12.0, ge=0, allow_inf_nan=False, description="block time of L1 [s]; 0: in at once")
    _held: dict[int, float] = PrivateAttr(default_factory=dict)  # by number: from when it is forced in [s]
    _handed_in: int = PrivateAttr(default=0)

    def start(self) -> Inbox:
        """Give each domain an inbox of its own."""
        own = self.model_copy()
        own._held = {}
        return own

    @property
    def takes(self) -> bool:
        """Whether senders can hand in on L1 what the sequencer leaves out."""
        return True

    @property
    def handed_in(self) -> int:
        """Intents handed in on L1 so far."""
        return self._handed_in

    def hand_in(self, domain: Domain, chosen: np.ndarray, now: float) -> None:
        """Take in what was chosen and is not in yet, with the rest of its bundle, of those who have the fee."""
        market = domain.market
        waiting = market.mempool.waiting(domain.index)
        fresh = whole(waiting, chosen) & ~np.isin(waiting["id"], list(self._held))
        at = np.flatnonzero(fresh)
        at = at[charged(market, waiting[at], self.fee_usd)]
        waiting["expiry"][at] = np.inf
        in_block = math.ceil(now / self.layer1_block_s) * self.layer1_block_s if self.layer1_block_s > 0.0 else now
        self._held.update(dict.fromkeys(waiting["id"][at].tolist(), in_block + self.delay_s))
        self._handed_in += at.size

    def enforce(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Put on top what is in the inbox, due and not in the block."""
        if not self._held:
            return rows
        for number in rows["id"][np.isin(rows["id"], list(self._held))].tolist():
            del self._held[number]  # the sequencer has included it
        ready = [number for number, since in self._held.items() if since <= slot.time]
        forced = by_arrival(slot, slot.due[np.isin(slot.due["id"], ready)])
        for number in forced["id"].tolist():
            del self._held[number]
        return self.put_on_top(slot, forced, rows) if forced.size else rows
