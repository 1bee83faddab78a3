"""Fixed spread: anybody repays part of the debt for collateral at a bonus."""

from __future__ import annotations

from typing import Literal

from market.venues.liquidation.design import Design


class FixedSpread(Design):
    """Its terms (bonus, close factor, level of a full close) are those of the lending market."""

    kind: Literal["fixed_spread"] = "fixed_spread"
