"""How long an agent's messages take: a law of its own, and what a busy or nervous market adds.

The mean is the agent's; a law says how delays scatter around it. The mean may rise with the volatility of the reference
price and with the load, the rate at which intents are sent, both as of the last minute: it is multiplied by
1 + a volatility + b load.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from market.access.times import latency_of
from market.settings import YEAR_S, NonNegative, Positive, Settings

if TYPE_CHECKING:
    from market.model import SequencerMarket

MEMORY_S = 60.0
"""Time in which what was measured of volatility and load loses weight by 1 - 1/e [s]."""


class LatencyLaw(Settings):
    """The law of an agent's delays, given their mean."""

    law: Literal["uniform", "constant", "exponential", "gamma", "lognormal"] = Field(
        default="uniform", description="law of a delay: uniform on half to one and a half times the mean, or another"
    )
    variation: Positive = Field(
        default=0.5, description="standard deviation over mean, of the gamma and the lognormal law [1]"
    )
    with_volatility: NonNegative = Field(
        default=0.0, description="relative rise of the mean per unit of annual volatility of the reference price [1]"
    )
    with_load: NonNegative = Field(
        default=0.0, description="relative rise of the mean per intent sent in a second to the whole market [s]"
    )

    def draw(self, rng: np.random.Generator, mean: float, count: int) -> np.ndarray:
        """Draw delays of a mean [s]: shape (count,), never negative."""
        if self.law == "uniform":
            return mean * (0.5 + rng.random(count))
        if self.law == "exponential":
            return mean * rng.standard_exponential(count)
        if self.law == "gamma":
            return mean * self.variation**2 * rng.standard_gamma(self.variation**-2, count)
        if self.law == "lognormal":
            variance = math.log1p(self.variation**2)
            return mean * np.exp(math.sqrt(variance) * rng.standard_normal(count) - 0.5 * variance)
        return np.full(count, mean)


USUAL = LatencyLaw()
"""The law of whoever has no other."""


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
