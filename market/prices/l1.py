"""The price of data on L1: it reverts to its mean, and spikes.

log price = log median + X + S. X reverts to nothing: dX = -X dt / reversion + noise, with stationary deviation
`log_sd`. S is the sum of spikes, which come as a Poisson process, have exponential sizes and die away: a spike of size
z that is t old adds z exp(-t / decay). The price is that of the last block of L1.
Source: Cartea and Figueroa (2005), Pricing in electricity markets: a mean reverting jump diffusion model with
seasonality, Applied Mathematical Finance 12(4); L1, too, sells what cannot be stored.
"""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field

from market.settings import DAY_S, NonNegative, Positive, Settings


class L1PriceConfig(Settings):
    """The law of the price of a byte on L1."""

    median_usd: Positive = Field(default=2e-4, description="median price of a byte between spikes [USD/byte]")
    log_sd: NonNegative = Field(default=0.3, description="standard deviation of the log price between spikes [1]")
    reversion_s: Positive = Field(default=3600.0, description="time in which it reverts to its mean by 1 - 1/e [s]")
    spikes_per_day: NonNegative = Field(default=4.0, description="rate of spikes [1/day]")
    spike_log_mean: NonNegative = Field(default=1.5, description="mean of the exponential size of a spike in logs [1]")
    spike_decay_s: Positive = Field(default=600.0, description="time in which a spike dies away by 1 - 1/e [s]")
    block_s: Positive = Field(default=12.0, description="time between two blocks of L1 [s]")


class L1Price:
    """One path of the price; it depends on the law and the seed alone, not on who looks at it when.

    `seeds` is a child of the run's seed sequence for this price alone, and is not altered. Times begin at 0, where the
    law is the stationary one but that no spike came before.
    """

    def __init__(self, law: L1PriceConfig, seeds: np.random.SeedSequence) -> None:
        self._law = law
        noise, spikes = (
            np.random.SeedSequence(entropy=seeds.entropy, spawn_key=(*seeds.spawn_key, use)) for use in range(2)
        )
        self._noise, self._spikes = np.random.default_rng(noise), np.random.default_rng(spikes)
        self._block = 0
        self._calm = law.log_sd * float(self._noise.standard_normal())
        self._keeps = math.exp(-law.block_s / law.reversion_s)
        self._raised, self._raised_at = 0.0, 0.0
        self._next = self._wait()

    def at(self, time: float) -> float:
        """Price of a byte at a time, no earlier than that of the last call [USD]."""
        last = int(time // self._law.block_s)
        while self._block < last:
            self._block += 1
            shock = self._law.log_sd * math.sqrt(1.0 - self._keeps**2) * float(self._noise.standard_normal())
            self._calm = self._keeps * self._calm + shock
        return self._law.median_usd * math.exp(self._calm + self._spiked(last * self._law.block_s))

    def _wait(self) -> float:
        rate = self._law.spikes_per_day / DAY_S
        return float(self._spikes.exponential(1.0 / rate)) if rate > 0.0 else math.inf

    def _spiked(self, time: float) -> float:
        """What spikes add to the log price."""
        while self._next <= time:
            self._fade(self._next)
            self._raised += float(self._spikes.exponential(self._law.spike_log_mean))
            self._next += self._wait()
        self._fade(time)
        return self._raised

    def _fade(self, time: float) -> None:
        self._raised *= math.exp((self._raised_at - time) / self._law.spike_decay_s)
        self._raised_at = time
