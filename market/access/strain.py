"""What a busy or nervous market adds to the delays of messages.

The mean may rise with the volatility of the reference price and with the load, the rate at which intents are sent, both
as of the last minute: it is multiplied by 1 + a volatility + b load, with an agent's own a and b.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from market.access.times import latency_of
from market.latency import LatencyLaw
from market.settings import YEAR_S

if TYPE_CHECKING:
    from market.model import SequencerMarket

MEMORY_S = 60.0
"""Time in which what was measured of volatility and load loses weight by 1 - 1/e [s]."""


class Strain:
    """Volatility and load of a market as of late, measured when somebody asks."""

    def __init__(self, market: SequencerMarket) -> None:
        self._market = market
        self._time = -1.0
        self._variance, self._load = 0.0, 0.0

    def stretched(self, agent: Any, now: float) -> float:
        """Delay of an agent's message that is sent now [s]."""
        law: LatencyLaw | None = getattr(agent, "latency_law", None)
        if law is None or not (law.with_volatility or law.with_load):
            return latency_of(agent)
        self._measure(now)
        volatility = math.sqrt(self._variance * YEAR_S)
        return latency_of(agent) * (1.0 + law.with_volatility * volatility + law.with_load * self._load)

    def _measure(self, now: float) -> None:
        """Take in the time since the last look: squared log returns and intents, per second."""
        if now <= self._time:
            return
        logs, sent = np.log(self._market.path.current[1:]), self._market.mempool.submitted
        if self._time >= 0.0:
            passed = now - self._time
            weight = -math.expm1(-passed / MEMORY_S)
            squared = float(((logs - self._logs) ** 2).mean())
            self._variance += weight * (squared / passed - self._variance)
            self._load += weight * ((sent - self._sent) / passed - self._load)
        self._time, self._logs, self._sent = now, logs, sent
