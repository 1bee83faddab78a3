"""Deribit's standard margin: every short option by itself.

A short call needs MM = .075 S + mark and IM = max(.15 - OTM / S, .1) S + mark; a short put MM = max(.075 S, .075 mark)
+ mark and IM = max(max(.15 - OTM / S, .1) S + mark, MM). Long options need nothing, and lower nothing.
Source: Deribit, support pages on the standard margin of options (2025).
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from market.kernel.compiled import kernel
from market.settings import NonNegative
from market.venues.options.margins._isolated import isolated_of
from market.venues.options.margins._model import Model, Requirement, Terms

OFFSETS = False
"""The perpetuals of an account are margined by themselves."""


class Deribit(Model):
    """Isolated margins (defaults: Deribit, 2025)."""

    kind: Literal["deribit"] = "deribit"
    most: NonNegative = Field(default=0.15, description="initial margin of a short option in the money over spot [1]")
    least: NonNegative = Field(default=0.1, description="the least, however far out of the money [1]")
    call_spot: NonNegative = Field(default=0.075, description="maintenance margin of a short call over spot [1]")
    put_spot: NonNegative = Field(default=0.075, description="maintenance margin of a short put over spot [1]")
    put_mark: NonNegative = Field(default=0.075, description="or over its mark, if that is more [1]")
    put_initial: NonNegative = Field(default=1.0, description="least initial over maintenance margin of a put [1]")


@kernel
def requirement(positions: Any, spot: float, linear: float, terms: Terms) -> Requirement:
    """Cash that an account needs for its options on one underlying [USD]; `linear`, its perpetuals, is not read."""
    return isolated_of(positions, -1.0, spot, terms)
