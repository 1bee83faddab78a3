"""Judging reports: who is found to have reported a price too far from the reference price loses of its bond.

A report is held against the reference price of the moment at which it was sent, whenever it is executed; the price is
known for certain only later, and so is the verdict. Which reports are examined is drawn from a stream of its own.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from market.intents.rows import Status
from market.state.ledger import Why, transfer
from market.venues import Kind

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

KEPT, EXPIRED_S = 4096, 3600.0
"""Reports beyond whose number those are forgotten that expired so long ago [1, s]: they are in no block any more."""


class Judging:
    """Keeps the reference prices of reports until they are judged, slashes bonds, and watches how far feeds are off."""

    def __init__(self, market: SequencerMarket) -> None:
        self._world = market.world
        self._tables = tables = market.world.tables
        self._asset = tables.feeds["asset"][tables.committees["feed"].astype(np.int64)].astype(np.int64)
        self._feed = tables.committees["feed"].astype(np.int64)
        self._rng = np.random.default_rng(market.streams["reporters"])
        # reference price, and expiry, by sender, committee and time of sending
        self._then: dict[tuple[int, int, float], tuple[float, float]] = {}
        self._due: list[tuple[float, int]] = []  # when an offence is known, and whose: row of the reporters
        self._off, self._since = self._distances(), 0.0

    def sent(self, rows: np.ndarray, now: float) -> np.ndarray:
        """Note at which reference prices reports were sent."""
        for row in rows[rows["kind"] == int(Kind.REPORT)]:
            committee = int(row["venue"])
            if 0 <= committee < self._asset.size:
                key = int(row["sender"]), committee, float(row["sent"])
                self._then[key] = float(self._tables.prices[self._asset[committee]]), float(row["expiry"])
        if len(self._then) > KEPT:
            self._then = {key: noted for key, noted in self._then.items() if noted[1] >= now - EXPIRED_S}
        return rows

    def after_block(self, slot: Slot) -> None:
        """Examine the reports of a block, as many as chance has it."""
        rows = slot.rows
        some = rows[rows["kind"] == int(Kind.REPORT)]
        if not some.size:
            return
        for row in some[some["status"] == int(Status.FILLED)]:
            committee, sender = int(row["venue"]), int(row["sender"])
            terms = self._tables.committees[committee]
            # what a block's author writes into its block was sent just now
            now = float(self._tables.prices[self._asset[committee]])
            then, _ = self._then.pop((sender, committee, float(row["sent"])), (now, 0.0))
            examined = self._rng.random() < terms["detection"]
            if examined and abs(row["amount"] / then - 1.0) > terms["tolerance"]:
                heapq.heappush(self._due, (slot.time + float(terms["judged_after"]), self._seat(committee, sender)))

    def tick(self, now: float) -> None:
        """Slash what has come to light, and add up how far feeds have been off since."""
        table = self._tables.committees
        table["error"] += self._off * (now - self._since)
        table["watched"] += now - self._since
        self._off, self._since = self._distances(), now
        np.maximum(table["worst"], self._off, out=table["worst"])
        while self._due and self._due[0][0] <= now:
            self._slash(heapq.heappop(self._due)[1], now)

    def _distances(self) -> np.ndarray:
        """How far each committee's feed is from the reference price, over that price: shape (committees,)."""
        return np.abs(self._tables.feeds["price"][self._feed] / self._tables.prices[self._asset] - 1.0)

    def _seat(self, committee: int, account: int) -> int:
        table = self._tables.reporters
        return int(np.flatnonzero((table["committee"] == committee) & (table["owner"] == account))[0])

    def _slash(self, at: int, now: float) -> None:
        """Burn of a bond what an offence costs, as far as it is still there, and bar its owner for a time."""
        reporter = self._tables.reporters[at]
        terms = self._tables.committees[int(reporter["committee"])]
        lost = min(float(terms["slash"] * terms["bond"]), float(reporter["bond"]))
        account, burnt = int(terms["account"]), self._world.account_of["burnt"]
        if transfer(self._world.state, account, burnt, int(terms["rollup"]), 0, lost, int(Why.SLASHING)):
            reporter["bond"] -= lost
            reporter["slashed"] += lost
            terms["slashed"] += lost
        terms["offences"] += 1.0
        reporter["barred_until"] = now + float(terms["suspension"])
