"""What a contract counts for in the margin account that it belongs to."""

from __future__ import annotations

from numba import boolean, float64, int64, njit, types

from market.state.store import STATE, State, get, index
from market.state.tables import Instrument
from market.venues import VENUES
from market.venues.oracles.rules import oracle_price
from market.venues.perpetuals.tables import Contract, Perpetual

PERPETUALS = VENUES.index("perpetuals")
"""Number of this venue."""


@njit(float64(STATE, int64), cache=True)
def price_of(state: State, market: int) -> float:
    """Price that margin is reckoned at: the oracle's [USD]."""
    return oracle_price(state, index(state, Perpetual.feed, market))


@njit(float64(STATE, int64), cache=True)
def cash_of(state: State, contract: int) -> float:
    """Cash of a contract after the funding it owes [USD]."""
    market = index(state, Contract.market, contract)
    owed = get(state, Perpetual.funding, market) - get(state, Contract.funded, contract)
    return get(state, Contract.cash, contract) - get(state, Contract.quantity, contract) * owed


@njit(types.UniTuple(float64, 3)(STATE, int64), cache=True)
def measure(state: State, contract: int) -> tuple[float, float, float]:
    """Equity of a contract, and the maintenance and initial margin that it requires [USD]."""
    market = index(state, Contract.market, contract)
    value = get(state, Contract.quantity, contract) * price_of(state, market)
    equity = cash_of(state, contract) + value
    size = abs(value)
    return equity, size * get(state, Perpetual.maintenance, market), size * get(state, Perpetual.initial, market)


@njit(int64(STATE, int64), cache=True)
def next_contract(state: State, contract: int) -> int:
    """Next contract of the same margin account; the contract itself where there is no other."""
    at = index(state, Instrument.next, index(state, Contract.instrument, contract))
    while index(state, Instrument.venue, at) != PERPETUALS:
        at = index(state, Instrument.next, at)
    return index(state, Instrument.row, at)


@njit(boolean(STATE, int64), cache=True)
def alone(state: State, contract: int) -> bool:
    """Whether only contracts share a contract's margin: what others share is sold with them, by their venue."""
    first = index(state, Contract.instrument, contract)
    at = index(state, Instrument.next, first)
    while at != first:
        if index(state, Instrument.venue, at) != PERPETUALS:
            return False
        at = index(state, Instrument.next, at)
    return True
