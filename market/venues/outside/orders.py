"""Orders to an outside market that stands apart from the rollups' blocks.

An order that goes alone is on its way at once. One that is a member of a bundle is a hedge: it is taken out of the
block, sent once the rest of its bundle is filled, and carried out at whatever the price is then; if the rest fails, it
is never sent. So a trade on a rollup and its hedge can part: in price always, and where the sender may not be longer
or shorter.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from market.errors import blame
from market.intents.rows import Reason, Row, Rows, Status
from market.kernel.compiled import kernel
from market.measures.recorder import tell
from market.state.journal import open_journal, undo
from market.state.store import State, assets, rollups
from market.venues import Kind
from market.venues.outside.deliveries import Deliveries
from market.venues.outside.impact import Impact
from market.venues.outside.rules import room, trade

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


@kernel
def _within_room(state: State, row: Row, time: float) -> int:
    """Carry out an order, as much of it as its sender may be long or short; returns the reason."""
    if not (
        0 <= row.rollup < rollups(state) and 0 <= row.asset_in < assets(state) and 0 <= row.asset_out < assets(state)
    ):
        return Reason.WRONG_VENUE
    most, asked = room(state, row.sender, row.asset_in, row.asset_out), row.amount
    if asked > most and most <= 0.0:
        return Reason.NOT_ALLOWED
    row.amount = min(asked, most)
    reason = trade(state, row, time)
    row.amount = asked
    return reason


@kernel
def carry_out(state: State, rows: Rows, time: float) -> None:
    """Carry out orders one after the other and write their receipts in place: shape (n,), dtype `INTENT`."""
    for k in range(rows.size):
        row = rows[k]
        row.filled_in, row.filled_out = 0.0, 0.0
        open_journal(state)
        row.reason = _within_room(state, row, time)
        row.executed, row.position = time, -1
        if row.reason == Reason.NONE:
            row.status = Status.FILLED
        else:
            undo(state)
            row.status = Status.REVERTED


class Orders:
    """What is on its way to the outside market."""

    def __init__(self, market: SequencerMarket, impact: Impact, deliveries: Deliveries) -> None:
        self._market, self._impact, self._deliveries = market, impact, deliveries
        self._delay = market.config.outside.delay_s
        self._tied: dict[int, np.ndarray] = {}  # by domain: the hedges of the block that is about to be executed
        self._waiting: list[tuple[float, int, np.ndarray]] = []
        self._sent = 0

    def sent(self, rows: np.ndarray, now: float) -> np.ndarray:
        """Take the orders that go alone out of what agents submit, and note the price that all were decided at."""
        orders = rows["kind"] == int(Kind.OUTSIDE)
        if not orders.any():
            return rows
        rows["mid"][orders] = self._rates(rows[orders])
        alone = orders & (rows["bundle"] < 0)
        if alone.any():
            taken, mempool = rows[alone], self._market.mempool
            taken["id"] = mempool.submitted + np.arange(taken.size)
            mempool.submitted += taken.size
            self._send(taken, now)
        return rows[~alone]

    def ordered(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Take the hedges out of a block."""
        orders = rows["kind"] == int(Kind.OUTSIDE)
        if not orders.any():
            return rows
        tied = rows[orders]
        inserted = tied["mid"] == 0.0
        tied["mid"][inserted] = self._rates(tied[inserted])
        tied["limit"] = 0.0
        self._tied[slot.domain.index] = tied
        return rows[~orders]

    def after_block(self, slot: Slot) -> None:
        """Send the hedges of what was filled."""
        tied = self._tied.pop(slot.domain.index, None)
        if tied is None:
            return
        rows = slot.rows
        filled = np.array([_filled(rows[rows["bundle"] == row["bundle"]], row) for row in tied])
        slot.expire(tied[~filled], Status.REVERTED, Reason.BUNDLE)
        if filled.any():
            self._send(tied[filled], slot.time)

    def _rates(self, rows: np.ndarray) -> np.ndarray:
        """Units of the asset wanted for one of the asset given, at reference prices; 0 for assets that do not exist."""
        prices = self._market.world.tables.prices
        given, wanted = rows["asset_in"], rows["asset_out"]
        known = (np.minimum(given, wanted) >= 0) & (np.maximum(given, wanted) < prices.size)
        return np.where(known, prices[np.where(known, given, 0)] / prices[np.where(known, wanted, 0)], 0.0)

    def _send(self, rows: np.ndarray, now: float) -> None:
        due = now + self._delay
        rows["arrival"] = due
        heapq.heappush(self._waiting, (due, self._sent, rows))
        self._sent += 1
        self._market.schedule_event(self.arrive, at=due)

    def arrive(self) -> None:
        """Carry out what has come due, and hand out its receipts."""
        market, now = self._market, self._market.time
        market.advance(now)
        while self._waiting and self._waiting[0][0] <= now:
            rows = heapq.heappop(self._waiting)[2]
            carry_out(market.world.state, rows, now)
            self._deliveries.owe(rows, now)
            tell(market, "on_orders", rows)
            with blame(market) as turn:
                for account in dict.fromkeys(rows["sender"].tolist()):
                    turn.agent = market.participants[account]
                    turn.agent.traded_outside(rows[rows["sender"] == account])
        self._impact.pass_on()


def _filled(members: np.ndarray, hedge: np.void) -> bool:
    """Whether what a hedge belongs to is filled: the members of its bundle, where some are on its rollup those."""
    here = members[members["rollup"] == hedge["rollup"]]
    return bool(((here if here.size else members)["status"] == int(Status.FILLED)).all())
