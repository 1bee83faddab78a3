"""Delivery of what was traded outside: after it, it counts no more to what an account is long or short there."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from market.intents.rows import Status
from market.venues import Kind

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


class Deliveries:
    """What is to be delivered, where accounts have a limit."""

    def __init__(self, market: SequencerMarket) -> None:
        self._quantity = market.world.tables.stocks["quantity"]
        self._delivery = market.config.outside.delivery_s
        self._waiting: list[tuple[float, int, int, float]] = []  # when, account, asset, units

    def owe(self, rows: np.ndarray, now: float) -> None:
        """Note what was exchanged: shape (n,), dtype `INTENT`."""
        mine = (rows["kind"] == int(Kind.OUTSIDE)) & (rows["status"] == int(Status.FILLED))
        mine &= (rows["sender"] >= 0) & (rows["sender"] < len(self._quantity))
        for row in rows[mine]:
            due, account = now + self._delivery, int(row["sender"])
            for asset, units in ((row["asset_in"], -row["filled_in"]), (row["asset_out"], row["filled_out"])):
                if asset:
                    heapq.heappush(self._waiting, (due, account, int(asset), float(units)))

    def after_block(self, slot: Slot) -> None:
        """Note what a block exchanged."""
        self.owe(slot.rows, slot.time)

    def tick(self, now: float) -> None:
        """Deliver what has come due."""
        while self._waiting and self._waiting[0][0] <= now:
            _, account, asset, units = heapq.heappop(self._waiting)
            self._quantity[account, asset] -= units
