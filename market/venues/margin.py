"""Margin accounts: equity and requirement, summed over the instruments that share margin.

An instrument names its venue and its row there; those of one account stand in a ring. A venue whose positions are
margined has a module `instrument` with a compiled function measure(state, row) -> (equity, maintenance, initial), all
in USD. The account can be liquidated when its equity is below the maintenance margin, and may take on risk only as long
as its equity covers the initial margin.
"""

from __future__ import annotations

from numba import float64, int64, njit, types

from market.kernel.switch import switch
from market.state.store import STATE, State, index
from market.state.tables import Instrument
from market.venues import VENUES, rooms

INSTRUMENTS = rooms("instrument")

_measured = switch(
    "measured",
    "state, venue, row",
    [getattr(INSTRUMENTS.get(venue), "measure", None) for venue in VENUES],
    "0.0, 0.0, 0.0",
    by="venue",
    late=((STATE, int64), types.UniTuple(float64, 3)),
)


@njit(types.UniTuple(float64, 3)(STATE, int64), cache=True)
def account_of(state: State, instrument: int) -> tuple[float, float, float]:
    """Equity, maintenance margin and initial margin of the account that an instrument belongs to [USD]."""
    equity, maintenance, initial = 0.0, 0.0, 0.0
    at = instrument
    while True:
        venue, row = index(state, Instrument.venue, at), index(state, Instrument.row, at)
        worth, least, first = _measured(state, venue, row)
        equity += worth
        maintenance += least
        initial += first
        at = index(state, Instrument.next, at)
        if at == instrument:
            return equity, maintenance, initial
