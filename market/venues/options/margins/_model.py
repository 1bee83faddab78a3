"""What all margin models share: the positions that they look at, their terms, and what a requirement is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import from_dtype

from market import discovery
from market.kernel.interpreted import row_type
from market.settings import Settings

POSITION = row_type(
    [
        ("strike", np.float64), ("call", np.float64), ("quantity", np.float64), ("years", np.float64),
        ("mark", np.float64), ("volatility", np.float64), ("forward", np.float64),
    ]
)  # fmt: skip
"""An account's position in a series: strike [USD], 1 for a call and 0 for a put, signed quantity (positive: long)
[options on one unit], time to expiry [years], price it is marked at [USD], volatility [1/sqrt(year)] and forward price
[USD]. Positions with the same time to expiry expire together."""
POSITIONS = from_dtype(POSITION)[::1]
"""Rows of `POSITION` to the compiler."""


class Requirement(NamedTuple):
    """What an account's cash must be at least, options being worth nothing beside it.

    Cash is what the account would have if all its options vanished: paid in, premiums, and the profit of perpetuals.
    What options are marked at is in the requirement. For equity, which counts the marks, it is the sum of both
    that is required: see :func:`market.venues.options.margins._payoffs.marks`.
    """

    maintenance: float
    """below which the account is liquidated [USD]"""
    initial: float
    """below which it may not take on risk [USD]"""


class Terms(NamedTuple):
    """The numbers of all models; each reads its own."""

    most: float = 0.0
    """initial margin of a short option in the money, over spot [1]"""
    least: float = 0.0
    """initial margin of a short option however far out of the money, over spot [1]"""
    call_spot: float = 0.0
    """maintenance margin of a short call, over spot [1]"""
    put_spot: float = 0.0
    """maintenance margin of a short put, over spot [1]"""
    put_mark: float = 0.0
    """or over its mark, if that is more [1]"""
    put_initial: float = 0.0
    """least initial margin of a short put over its maintenance margin [1]"""
    unpaired_maintenance: float = 0.0
    """what the worst payoff counts for each call sold that no call held covers, over the forward price [1]"""
    unpaired_initial: float = 0.0
    """the same for the initial margin [1]"""
    range: float = 0.0
    """largest shock of the price [1]"""
    up: float = 0.0
    """shock of volatility upwards at thirty days, over volatility [1]"""
    down: float = 0.0
    """shock of volatility downwards at thirty days, over volatility [1]"""
    floor: float = 0.0
    """least volatility after a shock upwards [1/sqrt(year)]"""
    short_power: float = 0.0
    """power of thirty days over the time to expiry that a shock grows with, where that is shorter [1]"""
    long_power: float = 0.0
    """the same where it is longer [1]"""
    skew: float = 0.0
    """shock of the volatility of the wings, one up and the other down, over volatility [1]"""
    tail: float = 0.0
    """extreme shock of the price, over the range [1]"""
    tail_share: float = 0.0
    """part of the loss of an extreme shock that counts [1]"""
    initial: float = 0.0
    """shocks of the initial margin over those of the maintenance margin [1]"""


class Model(Settings):
    """Base of every margin model; each states its `kind` as a literal, the name of its file."""

    @property
    def number(self) -> int:
        """The number by which compiled code knows the model."""
        return discovery.modules(__name__.rpartition(".")[0]).index(self.__module__.rpartition(".")[2])

    def terms(self) -> Terms:
        """Return its numbers under the names that compiled code reads them by: those of its settings."""
        return Terms(**{name: value for name, value in self.model_dump().items() if name in Terms._fields})
