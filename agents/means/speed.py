"""Latency that can be bought: a speed of s divides an agent's own latency by s, against rent in proportion to s - 1."""

from __future__ import annotations

from collections.abc import Sequence

from agents.base import StrategicAgent
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat

SPEEDS = (1.0, 2.0, 4.0)


class Line:
    """An agent's line to the sequencer, at its own latency or faster.

    Rent is an intent like any other, paid to the outside; whoever cannot pay it stays at its own latency.

    Parameters
    ----------
    seat, agent
        whose line it is
    speeds
        factors by which latency may be cut, each at least 1 [1]
    rent_usd_per_hour
        rent of each unit of speed beyond the first [USD/h]
    """

    def __init__(self, seat: Seat, agent: StrategicAgent, speeds: Sequence[float], rent_usd_per_hour: float) -> None:
        if not (speeds and all(1.0 <= speed < float("inf") for speed in speeds)):
            raise ValueError(f"speeds must be at least 1, not {speeds!r}")
        if not rent_usd_per_hour >= 0.0:
            raise ValueError(f"rent_usd_per_hour must not be negative, not {rent_usd_per_hour}")
        self.rent_usd_per_hour = rent_usd_per_hour
        self.own_latency_s = agent._latency
        self._agent, self._outside = agent, seat.accounts["outside"]

    def rent(self, seen: Observation, desk: Desk, speed: float, period_s: float) -> float:
        """Take a speed for a period, and send its rent; returns the speed that it has from now on."""
        rent, rollup = (speed - 1.0) * self.rent_usd_per_hour * period_s / 3600.0, seen.rollups[0]
        if rent > float(seen.funds[rollup, 0]):
            speed, rent = 1.0, 0.0
        self._agent._latency = self.own_latency_s / speed
        self._agent._delays.clear()
        if rent > 0.0:
            desk.pay(rollup, self._outside, 0, rent)
        return speed
