"""A reporter of a committee behind a price feed: it reports what it takes the price to be, whatever it is offered."""

from __future__ import annotations

import numpy as np

from agents.base import Trader
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.venues import Kind
from market.venues.oracles.rules import wants_update


class Reporter(Trader):
    """Takes a seat on every committee that has one, and reports by the feed's deviation and heartbeat.

    Parameters
    ----------
    noise_bp
        standard deviation of its view of the log price, drawn anew at each look [bp]
    patience_s
        after this time an intent of its own that was not included expires, and it asks again [s]
    tip_usd
        tip of every report [USD]
    """

    def __init__(self, seat: Seat, noise_bp: float = 3.0, patience_s: float = 10.0, tip_usd: float = 0.0) -> None:
        super().__init__(seat)
        if not (noise_bp >= 0.0 and patience_s > 0.0 and tip_usd >= 0.0):
            raise ValueError("noise_bp and tip_usd must be at least 0, and patience_s positive")
        self.noise, self.patience_s, self.tip_usd = 1e-4 * noise_bp, patience_s, tip_usd
        self._asked: dict[tuple[int, int], float] = {}

    def act(self, seen: Observation, desk: Desk) -> None:
        """Join, top up its bond, report."""
        for committee in np.flatnonzero(np.isin(seen.committees["rollup"], seen.rollups)).tolist():
            bond, reporters = float(seen.committees["bond"][committee]), seen.reporters
            mine = np.flatnonzero((reporters["committee"] == committee) & (reporters["owner"] == self.account))
            if not mine.size:
                free = (reporters["committee"] == committee) & (reporters["owner"] < 0.0)
                self._join(seen, desk, committee, bond if free.any() else np.inf)
                continue
            self.attend(seen, desk, committee, int(mine[0]))
            if reporters["bond"].item(mine[0]) < bond:
                self._join(seen, desk, committee, bond - reporters["bond"].item(mine[0]))
            elif seen.time >= reporters["barred_until"][mine[0]]:
                self._report(seen, desk, committee, int(mine[0]))

    def attend(self, seen: Observation, desk: Desk, committee: int, seat: int) -> None:
        """See to what its seat needs besides reports, whether it may report or not."""

    def _join(self, seen: Observation, desk: Desk, committee: int, missing: float) -> None:
        """Put up what is missing of a bond, if it has that much."""
        rollup = int(seen.committees["rollup"][committee])
        if missing <= seen.funds[rollup, 0] and self._may(seen, Kind.COMMITTEE_JOIN, committee):
            desk.submit(Kind.COMMITTEE_JOIN, rollup, committee, missing, expires_s=self.patience_s)

    def _report(self, seen: Observation, desk: Desk, committee: int, seat: int) -> None:
        price = self.price(seen, desk, committee, seat, self._view(seen, committee))
        if price > 0.0 and self._may(seen, Kind.REPORT, committee):
            rollup = int(seen.committees["rollup"][committee])
            desk.submit(Kind.REPORT, rollup, committee, price, tip=self.tip_usd, expires_s=self.patience_s)

    def price(self, seen: Observation, desk: Desk, committee: int, seat: int, view: float) -> float:
        """Price to report now, given its view of it; 0 for no report [USD]."""
        feed, posted = int(seen.committees["feed"][committee]), seen.reporters["price"].item(seat)
        age = seen.time - seen.reporters["reported_at"].item(seat)
        rule = seen.feeds["deviation"].item(feed), seen.feeds["heartbeat"].item(feed)
        return view if posted == 0.0 or wants_update(view, posted, age, *rule) else 0.0

    def _view(self, seen: Observation, committee: int) -> float:
        """What it takes the price to be, as far as the committee would accept that [USD]."""
        feed, band = int(seen.committees["feed"][committee]), seen.committees["band"].item(committee)
        view = seen.prices[int(seen.feeds["asset"][feed])] * np.exp(self.noise * self.rng_own.standard_normal())
        standing = seen.feeds["price"].item(feed)
        return float(min(max(view, standing * (1.0 - band)), standing * (1.0 + band)))

    def _may(self, seen: Observation, kind: int, committee: int) -> bool:
        """Whether no such intent of its own may still be on its way; from now on one is."""
        if self._asked.get((int(kind), committee), -np.inf) > seen.time:
            return False
        self._asked[int(kind), committee] = seen.time + self.patience_s
        return True

    def learn(self, receipts: np.ndarray) -> None:
        """Forget what was answered."""
        for row in receipts:
            self._asked.pop((int(row["kind"]), int(row["venue"])), None)
