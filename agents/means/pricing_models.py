"""Models by which strategies value options, by name: each takes the numbers of its law and values a chain."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from market.pricing.black import chain as black_chain
from market.pricing.greeks import GREEKS
from market.pricing.heston import chain as heston_chain
from market.pricing.heston_law import Variance, possible
from market.pricing.merton import Jumps
from market.pricing.merton import chain as merton_chain


@dataclass(frozen=True)
class Series:
    """What a model is asked about: strikes [USD], times to expiry [years] and whether each is a call: (series,)."""

    strike: np.ndarray
    years: np.ndarray
    call: np.ndarray
    rate: float = 0.0
    """of interest, continuous [1/year]"""
    dividend: float = 0.0
    """yield of the underlying, continuous [1/year]"""


class Model(Protocol):
    """A law of the price under which options have a value."""

    def greeks(self, price: float, series: Series) -> np.ndarray:
        """Value series at a price of the underlying [USD]: rows of `GREEKS`."""
        ...


@dataclass(frozen=True)
class Black76:
    """A lognormal price."""

    volatility: float = 0.8
    """[1/sqrt(year)]"""

    def __post_init__(self) -> None:
        """Refuse what is no volatility."""
        if not 0.0 < self.volatility < math.inf:
            raise ValueError(f"law: volatility must be positive, not {self.volatility}")

    def greeks(self, price: float, series: Series) -> np.ndarray:
        """Value series by Black's formula."""
        found = np.zeros(series.strike.size, GREEKS)
        volatility = np.full(series.strike.size, self.volatility)
        black_chain(
            price, series.rate, series.dividend, series.strike, series.years, series.call, volatility, found
        )  # fmt: skip
        return found


@dataclass(frozen=True)
class Merton:
    """A lognormal price that jumps: see :mod:`market.pricing.merton`."""

    volatility: float = 0.8
    """between jumps [1/sqrt(year)]"""
    rate: float = 0.0
    """of the arrival of jumps [1/year]"""
    mean: float = 0.0
    """of what one adds to the logarithm of the price [1]"""
    sd: float = 0.0
    """its standard deviation [1]"""

    def __post_init__(self) -> None:
        """Refuse what is no law."""
        if not (self.volatility > 0.0 and self.rate >= 0.0 and self.sd >= 0.0 and math.isfinite(self.mean)):
            raise ValueError("law: volatility must be positive, rate and sd not negative, and mean a number")

    def greeks(self, price: float, series: Series) -> np.ndarray:
        """Value series as a mixture over the number of jumps."""
        found, jumps = np.zeros(series.strike.size, GREEKS), Jumps(self.rate, self.mean, self.sd)
        merton_chain(
            price, series.rate, series.dividend, series.strike, series.years, series.call, self.volatility, jumps, found
        )  # fmt: skip
        return found


@dataclass(frozen=True)
class Heston:
    """A price with stochastic variance: see :mod:`market.pricing.heston_law`."""

    now: float = 0.64
    """variance [1/year]"""
    reversion: float = 5.0
    """of the variance [1/year]"""
    mean: float = 0.64
    """that it reverts to [1/year]"""
    vol_of_vol: float = 1.0
    """[1/year]"""
    correlation: float = -0.5
    """of price and variance [1]"""

    def __post_init__(self) -> None:
        """Refuse what is no law."""
        if not possible(self._law()):
            raise ValueError("law: nothing may be negative but correlation, which lies in [-1, 1]")

    def greeks(self, price: float, series: Series) -> np.ndarray:
        """Value series by one integral each."""
        found = np.zeros(series.strike.size, GREEKS)
        heston_chain(
            price, series.rate, series.dividend, series.strike, series.years, series.call, self._law(), found
        )  # fmt: skip
        return found

    def _law(self) -> Variance:
        return Variance(self.now, self.reversion, self.mean, self.vol_of_vol, self.correlation)


MODELS: dict[str, type[Black76 | Merton | Heston]] = {"black76": Black76, "merton": Merton, "heston": Heston}
"""Models by name."""


def make(model: str, law: Mapping[str, float]) -> Model:
    """Return a model of that name with the numbers of its law; raises ValueError for what does not exist."""
    if model not in MODELS:
        raise ValueError(f"model must be one of {', '.join(MODELS)}, not {model!r}")
    allowed = set(MODELS[model].__dataclass_fields__)
    unknown = sorted(set(law) - allowed)
    if unknown:
        raise ValueError(f"law: {unknown[0]!r} is no number of {model}; allowed: {', '.join(sorted(allowed))}")
    return MODELS[model](**{name: float(value) for name, value in law.items()})
