"""A reporter that reports what somebody pays for, if that is more than it expects to lose by it."""

from __future__ import annotations

from agents.means.bribes import least_bribe
from agents.traders.reporter import Reporter
from market.access.desk import Desk
from market.access.observation import Observation
from market.venues import Kind


class BribableReporter(Reporter):
    """Honest unless an offer exceeds :func:`agents.means.bribes.least_bribe`; then it reports that, and holds still.

    Parameters
    ----------
    noise_bp
        standard deviation of its view of the log price, drawn anew at each look [bp]
    patience_s
        after this time an intent of its own that was not included expires, and it asks again [s]
    tip_usd
        tip of every report [USD]
    """

    def price(self, seen: Observation, desk: Desk, committee: int, seat: int, view: float) -> float:
        """Price to report now: what is paid for, where that pays; 0 for no report [USD]."""
        if seen.reporters["briber"].item(seat) < 0.0:
            return super().price(seen, desk, committee, seat, view)
        own = seen.reporters[seat]
        if seen.time > own["bribe_until"]:
            return super().price(seen, desk, committee, seat, view)
        if own["delivered"] == 1.0:
            return 0.0  # another report would forfeit the offer
        asked, standing = float(own["bribe_price"]), seen.feeds["price"][int(seen.committees["feed"][committee])]
        accepted = abs(asked - standing) <= seen.committees["band"][committee] * standing
        if accepted and own["bribe"] > least_bribe(seen, committee, asked):
            return asked
        return super().price(seen, desk, committee, seat, view)

    def attend(self, seen: Observation, desk: Desk, committee: int, seat: int) -> None:
        """Ask for what it has earned by an offer that is over; what it has not, the briber wants back."""
        over = seen.reporters["delivered"].item(seat) == 1.0 and seen.time > seen.reporters["bribe_until"].item(seat)
        if over and self._may(seen, Kind.BRIBE_CLOSE, committee):
            rollup = int(seen.committees["rollup"][committee])
            desk.submit(Kind.BRIBE_CLOSE, rollup, committee, 1.0, target=seat, expires_s=self.patience_s)
