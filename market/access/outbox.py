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
from market.access.exchanges import PURPOSES, enter
from market.access.strain import Strain
from market.errors import OutOfTurnError, StrategyError, fault
from market.intents.rows import INTENT, ROW, Purpose, in_line
from market.venues import Kind

if TYPE_CHECKING:
    from market.model import SequencerMarket


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
        self._own = 1  # bundles from this number on are of whoever acts
        self._joined, self._joined_domain, self._highest = -1, -1, -1  # bundle of the last row, and of any row
        self._pools = tables.pools["rollup"].astype(np.int64)
        self.pool_rollup: list[int] = self._pools.tolist()
        self.market_rollup = tables.lending["rollup"].astype(int).tolist()
        self.perpetual_rollup = [int(row["rollup"]) for row in tables.perpetuals]
        self.bridges = len(tables.bridges)
        self._rollups, self._assets = tables.balance.shape[1:]

    def open_for(self, agent: Any, now: float) -> Desk:
        """Return the desk for an agent to write at."""
        self._agent = agent
        self._account = agent.account
        self._own, self._joined = self._bundles + 1, -1
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
        self._own = self._bundles + 1
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
        around = -1
        if bundle >= 0:
            self._join(bundle, rollup)
            around = self._around.get(bundle, -1)
        self._joined = bundle
        self._prepare(1)
        try:
            ROW.pack_into(
                self._bytes, self._count * ROW.size,
                -1, bundle, around, self._account, venue, target, rollup, asset_in, asset_out,
                kind, purpose, 0, 0, 0, 0, -1,
                amount, limit, tip, self._now, self._arrival, self._now + expires_s, mid, 0.0, 0.0, 0.0, 0.0, 0.0,
            )  # fmt: skip
        except struct.error as error:
            raise self.fault(f"has a field of the wrong type: {error}") from None
        self._count += 1

    def _join(self, bundle: int, rollup: int) -> None:
        """Check that the next row may go into a bundle, and note it."""
        if not self._own <= bundle <= self._bundles:
            raise self.fault(f"joins bundle {bundle}, which its sender did not open in this slot")
        here = self._market.domain_of[rollup]
        if bundle == self._joined:
            if here != self._joined_domain:
                raise self.fault(f"puts rollup {rollup} into a bundle of another domain; bundles live in one domain")
        elif bundle <= self._highest and (self._rows["bundle"][: self._count] == bundle).any():
            raise self.fault(f"comes back to bundle {bundle} after another intent; members follow one another")
        else:
            self._joined_domain, self._highest = here, max(bundle, self._highest)

    def _prepare(self, count: int) -> None:
        """Know when the message of the next rows arrives, and have room for them."""
        if self._arrival < 0.0:
            self._arrival = self._now + self._strain.stretched(self._agent, self._now)
        while self._count + count > self._room:
            self._make_room(np.concatenate([self._rows, np.zeros_like(self._rows)]))

    @property
    def next_bundle(self) -> int:
        """Number that the bundle opened next will have."""
        return self._bundles + 1

    def exchange(self, rows: np.ndarray) -> None:
        """Write exchanges, having checked them; see :meth:`market.access.desk.Desk.exchange`."""
        if self._agent is None:
            raise self.fault("was submitted outside of `act`")
        if not rows.size:
            return
        rows, count = in_line(rows), rows.size
        self._prepare(count)
        bundles = enter(
            rows, self._rows, self._count, self._account, self._bundles + 1, self._now, self._arrival, self._pools,
            self._market.mempool.domain_of,
        )  # fmt: skip
        if bundles < 0:
            self._refuse(rows)
        self._count += count
        self._bundles += bundles
        self._joined, self._highest = -1, self._bundles

    def _refuse(self, rows: np.ndarray) -> None:
        """Raise the error of the first row that is amiss, as it would be if each were submitted by itself."""
        bundles: dict[int, int] = {}
        for row in rows:
            bundle, kind = int(row["bundle"]), int(row["kind"])
            if kind not in (Kind.SWAP, Kind.OUTSIDE) or (kind == Kind.OUTSIDE and row["venue"] != -1):
                raise self.fault(f"is no exchange: it is of kind {kind} on venue {row['venue']}")
            if bundle >= 0 and bundle not in bundles:
                if bundle != len(bundles):
                    raise self.fault(f"is in bundle {bundle} of those handed in, where {len(bundles)} comes next")
                bundles[bundle] = self.open_bundle()
            self.add(
                kind, self._desk._pool(int(row["venue"])) if kind == Kind.SWAP else int(row["rollup"]),
                int(row["venue"]), int(row["asset_in"]), int(row["asset_out"]), float(row["amount"]),
                limit=float(row["limit"]), tip=float(row["tip"]), purpose=int(row["purpose"]),
                bundle=bundles.get(bundle, -1), expires_s=float(row["expiry"]) - self._now,
            )  # fmt: skip
        raise AssertionError("exchanges that cannot be carried out together can be one by one")
