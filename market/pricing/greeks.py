"""What a price comes with: how it moves with what it depends on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from market.kernel.compiled import kernel
from market.kernel.interpreted import row_type


class Greeks(NamedTuple):
    """Price of an option on one unit, and its derivatives."""

    price: float
    """[numeraire]"""
    delta: float
    """by the price of the underlying [1]"""
    gamma: float
    """by that price, twice [1/numeraire]"""
    vega: float
    """by the volatility, the present one where it moves [numeraire per 1.0 of volatility]"""
    theta: float
    """by the calendar: what a year would add at this rate [numeraire/year]"""
    rho: float
    """by the rate of interest, the yield of the underlying as it is [numeraire per 1.0 of rate]"""


NO_PRICE = Greeks(np.nan, np.nan, np.nan, np.nan, np.nan, np.nan)
"""Of what is no option, or on no possible price."""
GREEKS = row_type([(name, np.float64) for name in Greeks._fields])
"""A row of the same names, for whole chains."""


@kernel
def put_row(rows: Any, at: int, greeks: Greeks) -> None:
    """Write what an option is worth into a row of `GREEKS`."""
    row = rows[at]
    row.price, row.delta, row.gamma = greeks.price, greeks.delta, greeks.gamma
    row.vega, row.theta, row.rho = greeks.vega, greeks.theta, greeks.rho
