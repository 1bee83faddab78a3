"""The leader promises an intent its place soon after it arrived; a broken promise costs bond and stake.

Promised is either inclusion in the coming block, or the place: on its rollup nothing stands before the intent but
what was promised earlier. As nothing changes between two blocks, a place is a price: the promise fixes the execution
price. The promise is signed by whoever leads the coming slot, so a block that breaks it is evidence. What a proven
fault takes from the leader's bond goes to the senders whose promises were broken, in equal parts; stake is slashed
by the leader part. Where inclusion is promised, a leader that sells its block has what the winner's block lacks put
behind it: a builder that did not receive an intent does not make the leader break its word. A leader whose funds in
the domain do not cover the bond promises nothing. Leaders can promise ahead of the slot where it is known who they are:
of leader rules that is `lookahead`, `round_robin` and `operator`; under the others promises begin with the slot.
Source: Drake (2023), Based preconfirmations, ethresear.ch; on when breaking pays: Mamageishvili & Schlegel (2023),
Shared sequencing and latency competition as a noisy contest, arXiv 2310.02390, and the deterrence condition stake x
share x detection >= gain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numba import njit
from pydantic import Field, PrivateAttr

from market.intents.rows import Rows
from market.sequencing.ordering.base import first_come_order
from market.sequencing.payments import pay
from market.sequencing.preconfirmation.base import Preconfirmation
from market.state.ledger import Why

if TYPE_CHECKING:
    from market.domain import Domain, Slot


@njit(cache=True)
def kept(promised: Rows, rows: Rows, rollups: int, place: bool) -> np.ndarray:
    """Flag for each promised row, which come sorted by id, whether the block keeps its promise.

    Parameters
    ----------
    promised
        rows as they were promised, by rising id
    rows
        the block
    rollups
        how many there are
    place
        whether the place was promised or inclusion only
    """
    fine = np.zeros(promised.size, np.bool_)
    latest = np.full(rollups, -np.inf)  # latest arrival among what stands before, by rollup; inf: something unpromised
    ids = np.empty(promised.size, np.int64)
    for k in range(promised.size):
        ids[k] = promised[k].id
    for k in range(rows.size):
        at, rollup = np.searchsorted(ids, rows[k].id), rows[k].rollup
        if not 0 <= rollup < rollups:
            continue
        if at == ids.size or ids[at] != rows[k].id:
            latest[rollup] = np.inf
            continue
        fine[at] = not place or latest[rollup] <= promised[at].arrival
        latest[rollup] = max(latest[rollup], promised[at].arrival)
    return fine


class Promise(Preconfirmation):
    """Promises of inclusion or place, with a bond."""

    kind: Literal["promise"] = "promise"
    what: Literal["place", "inclusion"] = Field("place", description="what is promised")
    latency_s: float = Field(
        0.1, ge=0, allow_inf_nan=False, description="from the arrival of an intent to the promise [s]"
    )
    bond_usd: float = Field(10_000.0, ge=0, allow_inf_nan=False, description="what a leader must be able to lose [USD]")
    bond_share: float = Field(
        0.5, ge=0, le=1, description="share of the bond that a block with broken promises costs [1]"
    )
    stake_share: float | None = Field(
        None, ge=0, le=1, description="share of the stake that it costs [1] (default: what the leader part sets)"
    )
    detection: float = Field(1.0, ge=0, le=1, description="chance that a broken promise is proven [1]")
    _promised: np.ndarray | None = PrivateAttr(default=None)
    _made: int = PrivateAttr(default=0)
    _broken: int = PrivateAttr(default=0)
    _slashed: int = PrivateAttr(default=0)
    _slashed_usd: float = PrivateAttr(default=0.0)
    _waited_s: float = PrivateAttr(default=0.0)

    def start(self) -> Promise:
        """Give each domain promises of its own."""
        return self.model_copy()

    @property
    def fixes_places(self) -> bool:
        """Whether places are promised."""
        return self.what == "place"

    @property
    def made(self) -> int:
        """Promises made so far."""
        return self._made

    @property
    def broken(self) -> int:
        """Promises broken so far."""
        return self._broken

    @property
    def slashed(self) -> int:
        """Blocks for which a leader was punished so far."""
        return self._slashed

    @property
    def waited_s(self) -> float:
        """Sum over promises of the time from sending to the promise [s]."""
        return self._waited_s

    @property
    def slashed_usd(self) -> float:
        """What broken promises have cost the leaders so far, bond and stake [USD]."""
        return self._slashed_usd

    def promise(self, slot: Slot) -> None:
        """Promise whatever arrived early enough, if the leader can cover the bond."""
        self._promised = slot.due[:0].copy()
        funds = slot.market.world.tables.balance[slot.leader.account, list(slot.domain.rollups), 0].sum()
        if funds < self.bond_usd:
            return
        early = slot.due["arrival"] + self.latency_s <= slot.sealed_at
        # a bundle that asks to be wrapped around somebody's intent has no place of its own
        promised = slot.due[early & (slot.due["around"] < 0)]
        self._promised = promised[np.argsort(promised["id"])]
        self._made += promised.size
        self._waited_s += float((promised["arrival"] - promised["sent"]).sum()) + self.latency_s * promised.size

    def owed(self, slot: Slot, order: np.ndarray) -> np.ndarray:
        """Return the promised intents that a builder's order lacks, with the rest of their bundles."""
        due = slot.due
        if self.what == "place" or self._promised is None or not self._promised.size:
            return np.zeros(0, np.int64)
        lacking = np.isin(due["id"], self._promised["id"])
        lacking[order[order >= 0]] = False
        tied = due["bundle"][lacking & (due["bundle"] >= 0)]
        lacking |= np.isin(due["bundle"], tied)
        arrived = first_come_order(due, slot.rng.random(due.size)) if lacking.any() else np.zeros(0, np.int64)
        return arrived[lacking[arrived]]

    def enforce(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Count what the block breaks; if that is proven, take bond and stake."""
        if self._promised is None or not self._promised.size:
            return rows
        rollups = len(slot.market.config.rollups)
        broken = self._promised[~kept(self._promised, rows, rollups, self.what == "place")]
        self._broken += broken.size
        if broken.size and slot.rng.random() < self.detection:
            self._punish(slot, broken)
        return rows

    def _punish(self, slot: Slot, broken: np.ndarray) -> None:
        """Pay the bond to those who were let down, and slash the stake."""
        market, leader = slot.market, slot.leader
        self._slashed += 1
        each = self.bond_share * self.bond_usd / broken.size
        for sender, count in zip(*np.unique(broken["sender"], return_counts=True), strict=True):
            if int(sender) != leader.account:
                self._slashed_usd += pay(
                    market, leader.account, int(sender), slot.domain.rollups, each * int(count), Why.SLASHING
                )
        self._slashed_usd += slot.domain.regime.leader.slash(slot.domain, leader, self.stake_share, "broken_promise")

    def expected_penalty(self, domain: Domain, leader: Any) -> float:
        """Return chance of proof times what it costs, bond and stake [USD]; nothing where nothing is promised."""
        if self._promised is not None and not self._promised.size:
            return 0.0
        rule, lost = domain.regime.leader, self.bond_share * self.bond_usd
        if hasattr(rule, "bonded"):
            share = rule.slash_broken_promise if self.stake_share is None else self.stake_share
            lost += share * float(rule.bonded()[domain.leaders.index(leader)])
        return self.detection * lost
