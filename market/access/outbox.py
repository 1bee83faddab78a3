"""The outbox: rows that strategies have submitted in a slot and the market has not yet collected.

A call that no market can carry out (a number that is not finite, an unknown venue, a bundle across domains) is the
strategy's fault and raises at once.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from market.access.desk import Desk
from market.access.strain import Strain
from market.errors import OutOfTurnError, StrategyError, fault
from market.intents.rows import INTENT, Purpose

if TYPE_CHECKING:
    from market.model import SequencerMarket

PURPOSES = len(Purpose)
ROW = struct.Struct("@" + "".join({"i": "q", "f": "d"}[INTENT[name].kind] for name in INTENT.names or ()))
"""A row of `INTENT` as Python packs it, in half the time that an assignment to the array takes."""


class Outbox:
    """Collects the intents of the agents that act in a slot; each writes through a :class:`Desk`."""

    def __init__(self, market: SequencerMarket, room: int = 1024) -> None:
        self._market = market
        self._strain = Strain(market)
        self._desk = Desk(self)
        self.alarms = market.alarms
        self.tables = tables = market.world.tables
        self._make_room(np.zeros(room, INTENT))
        self._count = 0
        self._agent: Any = None
        self._account = -1
        self._drafted = False  # sent nowhere
        self._now = 0.0
        self._arrival = 0.0
        self._bundles = 0
        self._around: dict[int, int] = {}
        self._opened: dict[int, tuple[int, int, int]] = {}  # bundle: account, domain (-1: none yet), its last row
        self.pool_rollup = tables.pools["rollup"].astype(int).tolist()
        self.market_rollup = tables.lending["rollup"].astype(int).tolist()
        self.perpetual_rollup = [int(row["rollup"]) for row in tables.perpetuals]
        self.bridges = len(tables.bridges)
        self._rollups, self._assets = tables.balance.shape[1:]

    def open_for(self, agent: Any, now: float) -> Desk:
        """Return the desk for an agent to write at."""
        self._agent = agent
        self._account = agent.account
        self._now = now
        self._arrival = -1.0  # drawn with the first intent: most agents send none in most slots
        return self._desk

    def agent(self) -> Any:
        """Return whoever acts; raises StrategyError outside of `act`."""
        if self._agent is None:
            raise self.fault("is asked for outside of `act`")
        return self._agent

    def aside(self) -> Outbox:
        """Return an outbox of the same agent that nobody collects: what is in it has arrived at once."""
        if self._agent is None:
            raise self.fault("was drafted outside of `act`")
        drafts = Outbox(self._market, room=16)
        drafts.open_for(self._agent, self._now)
        drafts._drafted = True
        drafts._arrival = self._now
        return drafts

    def through_l1(self, waited_s: float) -> None:
        """Hand in on L1 what the agent sent at least so long ago [s] and is still waiting, in any domain."""
        account = self.agent().account
        if not waited_s >= 0.0:
            raise self.fault(f"is handed in after a wait of {waited_s} s; allowed: a time of at least 0")
        for domain in self._market.domains:
            rule = domain.regime.forced_inclusion
            waiting = self._market.mempool.waiting(domain.index)
            own = (waiting["sender"] == account) & (waiting["sent"] + waited_s <= self._now)
            if rule.takes and own.any() and not self._drafted:
                rule.hand_in(domain, own, self._now)

    def take(self) -> np.ndarray:
        """Everything submitted since the last call, as a view valid until the next submission."""
        rows = self._rows[: self._count]
        self._count = 0
        self._agent = None
        self._around.clear()
        self._opened.clear()
        return rows

    @property
    def count(self) -> int:
        """How many rows have been submitted since they were last taken."""
        return self._count

    def since(self, count: int) -> np.ndarray:
        """Rows submitted behind the first `count` of them, as a copy."""
        return self._rows[count : self._count].copy()

    def drafted(self) -> np.ndarray:
        """Everything in it, as a copy."""
        return self._rows[: self._count].copy()

    def open_bundle(self, around: int = -1) -> int:
        """Open a bundle; `around` is the id of a pending intent to be carried in its middle."""
        if self._agent is None:
            raise self.fault("was bundled outside of `act`")
        self._bundles += 1
        self._opened[self._bundles] = (self._account, -1, -1)
        if around >= 0:
            self._around[self._bundles] = around
        return self._bundles

    def _make_room(self, rows: np.ndarray) -> None:
        self._rows, self._bytes, self._room = rows, rows.view(np.uint8).data, len(rows)

    def fault(self, what: str) -> StrategyError | OutOfTurnError:
        """Return the error that names the agent and the intent; whose turn it is outside of `act`, its caller says."""
        if self._agent is None:
            return OutOfTurnError(f"an intent {what}")
        return fault(self._market, self._agent, f"intent {self._count} {what}")

    def add(
        self,
        kind: int,
        rollup: int,
        venue: int,
        asset_in: int,
        asset_out: int,
        amount: float,
        *,
        target: int = -1,
        limit: float = 0.0,
        tip: float = 0.0,
        purpose: int = Purpose.USER,
        bundle: int = -1,
        mid: float = 0.0,
        expires_s: float = math.inf,
    ) -> None:
        """Write a row, having checked it; the fields are those of `INTENT`."""
        if self._agent is None:
            raise self.fault("was submitted outside of `act`")
        if not math.isfinite(amount + limit + tip):
            raise self.fault(f"has a number that is not finite: amount={amount}, limit={limit}, tip={tip}")
        if tip < 0.0:
            raise self.fault(f"has a negative tip: {tip}")
        if not expires_s >= 0.0:
            raise self.fault(f"expires after {expires_s} s; allowed: a time from now on")
        if not 0 <= rollup < self._rollups:
            raise self.fault(f"names rollup {rollup}; there are {self._rollups}")
        if not 0 <= purpose < PURPOSES:
            raise self.fault(f"has purpose {purpose}; allowed: a member of market.intents.Purpose")
        if bundle >= 0:
            self._join(bundle, rollup)
        if self._arrival < 0.0:
            self._arrival = self._now + self._strain.stretched(self._agent, self._now)
        if self._count == self._room:
            self._make_room(np.concatenate([self._rows, np.zeros_like(self._rows)]))
        try:
            ROW.pack_into(
                self._bytes, self._count * ROW.size,
                -1, bundle, self._around.get(bundle, -1), self._account, venue, target, rollup, asset_in, asset_out,
                kind, purpose, 0, 0, 0, 0, -1,
                amount, limit, tip, self._now, self._arrival, self._now + expires_s, mid, 0.0, 0.0, 0.0, 0.0, 0.0,
            )  # fmt: skip
        except struct.error as error:
            raise self.fault(f"has a field of the wrong type: {error}") from None
        self._count += 1

    def _join(self, bundle: int, rollup: int) -> None:
        """Check that the next row may go into a bundle, and note it."""
        owner, domain, last = self._opened.get(bundle, (-1, -1, -1))
        if owner != self._account:
            raise self.fault(f"joins bundle {bundle}, which its sender did not open in this slot")
        here = self._market.domain_of[rollup]
        if domain >= 0 and domain != here:
            raise self.fault(f"puts rollup {rollup} into a bundle of another domain; bundles live in one domain")
        if last >= 0 and last != self._count - 1:
            raise self.fault(f"comes back to bundle {bundle} after another intent; members follow one another")
        self._opened[bundle] = (owner, here, self._count)
