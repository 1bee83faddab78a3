"""Derive's standard margin: short options by themselves, or the worst that an expiry can pay if that is less.

A short call needs MM = .09 S + mark and IM = max(.15 - OTM / S, .13) S + mark; a short put MM = max(.09 S, .09 mark) +
mark and IM = max(max(.15 - OTM / S, .13) S + mark, 1.05 MM). Long options need nothing and are worth nothing. An
expiry needs the sum of these, or what it pays at the worst of all strikes and at 0, whichever is less severe; each
call that is sold and not covered by another counts for 1.1 (IM: 1.2) forward prices in the latter.
Source: Derive, contract StandardManager (v2-core) and its parameters of 2025.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from market.kernel.compiled import kernel
from market.settings import NonNegative
from market.venues.options.margins._isolated import isolated_of
from market.venues.options.margins._model import Model, Requirement, Terms
from market.venues.options.margins._payoffs import first_of_expiry, net_calls, worst_payoff_to

OFFSETS = False
"""The perpetuals of an account are margined by themselves."""


class Derive(Model):
    """Isolated margins or the worst payoff of each expiry (defaults: Derive, 2025)."""

    kind: Literal["derive"] = "derive"
    most: NonNegative = Field(default=0.15, description="initial margin of a short option in the money over spot [1]")
    least: NonNegative = Field(default=0.13, description="the least, however far out of the money [1]")
    call_spot: NonNegative = Field(default=0.09, description="maintenance margin of a short call over spot [1]")
    put_spot: NonNegative = Field(default=0.09, description="maintenance margin of a short put over spot [1]")
    put_mark: NonNegative = Field(default=0.09, description="or over its mark, if that is more [1]")
    put_initial: NonNegative = Field(default=1.05, description="least initial over maintenance margin of a put [1]")
    unpaired_maintenance: NonNegative = Field(
        default=1.1, description="what a call sold without another counts for in the worst payoff, over forward [1]"
    )
    unpaired_initial: NonNegative = Field(default=1.2, description="the same for the initial margin [1]")


@kernel
def requirement(positions: Any, spot: float, linear: float, terms: Terms) -> Requirement:
    """Cash that an account needs for its options on one underlying [USD]; `linear`, its perpetuals, is not read."""
    maintenance, initial = 0.0, 0.0
    for at in range(len(positions)):
        if not first_of_expiry(positions, at):
            continue
        years = positions[at].years
        alone = isolated_of(positions, years, spot, terms)
        owed = -min(worst_payoff_to(positions, years), 0.0)
        unpaired = max(-net_calls(positions, years), 0.0) * positions[at].forward
        maintenance += min(alone.maintenance, owed + unpaired * terms.unpaired_maintenance)
        initial += min(alone.initial, owed + unpaired * terms.unpaired_initial)
    return Requirement(maintenance, initial)
