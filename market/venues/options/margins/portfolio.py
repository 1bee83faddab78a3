"""Portfolio margin: the worst of shocks to price, volatility and skew, over the whole account.

The account's options on an underlying are valued anew, together with its perpetuals, in every scenario of a grid:

- the price moves by -1, -3/4, ... 0, ... 3/4, 1 times `range`;
- with each, volatilities stay, rise by up (30 d / T)^p of themselves, to `floor` at least, or fall by
  down (30 d / T)^p, to 0 at least; p is `short_power` for T below thirty days and `long_power` above;
- with each, the smile stays or is tilted: a volatility is multiplied by 1 + b tanh(ln(K / F) / (sigma sqrt(T))), with
  b of `skew` and -skew, so that one wing rises by as much as the other falls and an option at the forward price keeps
  its own;
- besides, the price moves by `tail` times the range to either side with volatilities up, and `tail_share` of that
  loss counts.

Needed is what makes good the worst of them. It is never more than what the options owe at worst at their expiries and
the perpetuals lose at worst in the grid, since who has that can wait. The initial margin is the worst over this grid
and the same with all shocks wider by `initial`.

Source: the scheme, its range of prices in nine steps and its shocks of volatility are those of Deribit's portfolio
margin (support pages, 2025); extreme moves of which a part counts are in CME's SPAN. Skew and the numbers of the tail
are settings of this market.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import Field, model_validator

from market.kernel.compiled import kernel
from market.pricing.black import terms as black
from market.settings import NonNegative, Share
from market.venues.options.margins._model import Model, Requirement, Terms
from market.venues.options.margins._payoffs import marks, worst_payoff

OFFSETS = True
"""The perpetuals of an account are margined together with its options."""
STEPS = 4
"""Moves of the price to either side."""
MONTH = 30.0 / 365.0
"""Time to expiry at which shocks of volatility are what they are called [years]."""


class Portfolio(Model):
    """Worst of a grid of shocks (defaults: Deribit's of 2025 for price and volatility)."""

    kind: Literal["portfolio"] = "portfolio"
    range: Share = Field(default=0.16, description="largest shock of the price [1]")
    up: NonNegative = Field(default=0.5, description="shock of volatility upwards at 30 days, over volatility [1]")
    down: Share = Field(default=0.25, description="shock of volatility downwards at 30 days, over volatility [1]")
    floor: NonNegative = Field(default=0.5, description="least volatility after a shock upwards [1/sqrt(year)]")
    short_power: Share = Field(default=0.3, description="power of 30 d / T in the shocks where T is shorter [1]")
    long_power: Share = Field(default=0.13, description="the same where T is longer [1]")
    skew: float = Field(default=0.1, ge=0, lt=1, description="shock of the wings' volatility, over volatility [1]")
    tail: NonNegative = Field(default=3.0, description="extreme shock of the price, over `range` [1]")
    tail_share: Share = Field(default=1.0 / 3.0, description="part of the loss of an extreme shock that counts [1]")
    initial: float = Field(
        default=1.25, ge=1, le=2, description="shocks of the initial over the maintenance margin [1]"
    )

    @model_validator(mode="after")
    def _possible(self) -> Portfolio:
        if not self.range * max(1.0, self.tail) * self.initial < 1.0:
            raise ValueError("range x tail x initial must be below 1: a price stays above nothing")
        if not self.skew * self.initial < 1.0:
            raise ValueError("skew x initial must be below 1: a volatility stays above nothing")
        return self


@kernel
def _volatility(row: Any, shock: float, tilt: float, wider: float, terms: Terms) -> float:
    """Volatility of a position after a shock (-1, 0 or 1) and a tilt (-1, 0 or 1) [1/sqrt(year)]."""
    grown = (MONTH / row.years) ** (terms.short_power if row.years < MONTH else terms.long_power)
    found = row.volatility
    if shock > 0.0:
        found = max(found * (1.0 + wider * terms.up * grown), terms.floor)
    elif shock < 0.0:
        found *= max(1.0 - wider * terms.down * grown, 0.0)
    if tilt != 0.0 and row.volatility > 0.0 and row.strike > 0.0:
        away = math.log(row.strike / row.forward) / (row.volatility * math.sqrt(row.years))
        found *= 1.0 + tilt * wider * terms.skew * math.tanh(away)
    return found


@kernel
def value(
    positions: Any, spot: float, linear: float, move: float, shock: float, tilt: float, wider: float, terms: Terms
) -> float:
    """What options are worth and perpetuals gain [USD] when the price moves by a share `move` of itself."""
    total = linear * spot * move
    for at in range(len(positions)):
        row = positions[at]
        price = row.forward * (1.0 + move)
        if row.strike <= 0.0:  # of a call on the mean of prints that have decided it
            total += row.quantity * (price - row.strike) if row.call > 0.0 else 0.0
            continue
        sd = _volatility(row, shock, tilt, wider, terms) * math.sqrt(row.years) if row.years > 0.0 else 0.0
        total += row.quantity * black(price, row.strike, sd, row.call > 0.0).value
    return total


@kernel
def _worst(positions: Any, spot: float, linear: float, marked: float, wider: float, terms: Terms) -> float:
    """Least value over the scenarios, shocks wider by a factor [USD]; unshocked, options are worth their marks."""
    worst = marked
    for step in range(-STEPS, STEPS + 1):
        move = wider * terms.range * step / STEPS
        for shock in (-1.0, 0.0, 1.0):
            for tilt in (-1.0, 0.0, 1.0):
                worst = min(worst, value(positions, spot, linear, move, shock, tilt, wider, terms))
    for side in (-1.0, 1.0):
        move = side * wider * terms.range * terms.tail
        found = value(positions, spot, linear, move, 1.0, 0.0, wider, terms)
        worst = min(worst, marked + terms.tail_share * (found - marked))
    return worst


@kernel
def _linear_worst(spot: float, linear: float, wider: float, terms: Terms) -> float:
    """Least that perpetuals by themselves gain over the scenarios [USD]."""
    return -abs(linear) * spot * wider * terms.range * max(1.0, terms.tail * terms.tail_share)


@kernel
def _needed(positions: Any, spot: float, linear: float, marked: float, wider: float, terms: Terms) -> float:
    """Cash that makes good the worst scenario, or the worst that can come until expiry if that is less [USD]."""
    until_expiry = worst_payoff(positions) + _linear_worst(spot, linear, wider, terms)
    return -max(_worst(positions, spot, linear, marked, wider, terms), until_expiry)


@kernel
def requirement(positions: Any, spot: float, linear: float, terms: Terms) -> Requirement:
    """Cash that an account needs for its options and perpetuals on one underlying [USD].

    Below 0: so much may be owed against what its options are sure to be worth.

    Parameters
    ----------
    positions
        rows of `POSITION`
    spot
        price of the underlying [USD]
    linear
        signed size of its perpetuals on it [units]
    terms
        numbers of the model
    """
    marked = marks(positions)
    maintenance = _needed(positions, spot, linear, marked, 1.0, terms)
    wider = _needed(positions, spot, linear, marked, terms.initial, terms)
    return Requirement(maintenance, max(maintenance, wider))
