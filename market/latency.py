"""How long an agent's messages take: the law of delays around their mean, and what raises the mean."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from pydantic import Field

from market.settings import NonNegative, Positive, Settings


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
