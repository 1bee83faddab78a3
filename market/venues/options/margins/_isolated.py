"""Margin of a short option by itself, as venues state it: a part of the spot price on top of its mark."""

from __future__ import annotations

from typing import Any

from market.kernel.compiled import kernel
from market.venues.options.margins._model import Requirement, Terms


@kernel
def isolated(row: Any, spot: float, terms: Terms) -> Requirement:
    """Margin of a position by itself [USD]; nothing for a long one, which can lose no more than it cost."""
    if not row.quantity < 0.0:
        return Requirement(0.0, 0.0)
    if row.call > 0.0:
        outside = max(row.strike - spot, 0.0)
        maintenance = terms.call_spot * spot + row.mark
        initial = max(terms.most * spot - outside, terms.least * spot) + row.mark
    else:
        outside = max(spot - row.strike, 0.0)
        maintenance = max(terms.put_spot * spot, terms.put_mark * row.mark) + row.mark
        initial = max(terms.most * spot - outside, terms.least * spot) + row.mark
        initial = max(initial, terms.put_initial * maintenance)
    return Requirement(-row.quantity * maintenance, -row.quantity * initial)


@kernel
def isolated_of(positions: Any, years: float, spot: float, terms: Terms) -> Requirement:
    """Sum of the margins of the positions of an expiry, each by itself [USD]; of all positions where years is -1."""
    maintenance, initial = 0.0, 0.0
    for at in range(len(positions)):
        if years == -1.0 or positions[at].years == years:
            alone = isolated(positions[at], spot, terms)
            maintenance += alone.maintenance
            initial += alone.initial
    return Requirement(maintenance, initial)
