"""What is on its way over bridges."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from market.errors import AccountingError
from market.intents.rows import Status
from market.venues import Kind
from market.venues.bridges.rules import deliver

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

BRIDGE = int(Kind.BRIDGE)


class Promise(NamedTuple):
    """A transfer that a bridge owes; what comes due first sorts first, and of those the older intent."""

    due: float  # [s]
    intent: int  # id
    bridge: int
    direction: int  # 0: from the bridge's source, 1: from its target
    asset: int
    account: int  # to which it is owed
    amount: float  # [units of the asset]


def transfers(slot: Slot) -> np.ndarray:
    """Return the filled transfers of a slot's block: shape (n,), dtype `INTENT`."""
    rows = slot.rows
    if BRIDGE not in slot.kinds:  # most blocks have none
        return rows[:0]
    return rows[(rows["kind"] == BRIDGE) & (rows["status"] == int(Status.FILLED))]


class Deliveries:
    """The promises of all bridges of a market, kept when they come due."""

    def __init__(self, market: SequencerMarket) -> None:
        self._state, self._seed = market.world.state, market.seed
        self._table = market.world.tables.bridges
        self._waiting: list[Promise] = []

    def tick(self, now: float) -> None:
        """Deliver what has come due; raises AccountingError where a bridge cannot, which its rule excludes."""
        while self._waiting and self._waiting[0].due <= now:
            owed = heapq.heappop(self._waiting)
            if not deliver(self._state, owed.bridge, owed.direction, owed.asset, owed.account, owed.amount):
                raise AccountingError(
                    f"bridge {owed.bridge} could not deliver {owed.amount} of asset {owed.asset} (seed {self._seed})"
                )

    def after_block(self, slot: Slot) -> None:
        """Take note of what the block put on bridges."""
        for row in transfers(slot):
            bridge = int(row["venue"])
            direction = 0 if int(row["rollup"]) == int(self._table["source"][bridge]) else 1
            due = slot.time + float(self._table["delay"][bridge])
            parties = int(row["asset_in"]), int(row["sender"])
            promise = Promise(due, int(row["id"]), bridge, direction, *parties, float(row["filled_out"]))
            heapq.heappush(self._waiting, promise)
