"""What intents on perpetuals take from their senders, told beforehand."""

from __future__ import annotations

from numba import njit

from market.intents.rows import Row
from market.state.store import State, get, index, length
from market.venues.liquidation.lots import lot_of
from market.venues.liquidation.tables import Lot
from market.venues.perpetuals.rules import price_of
from market.venues.perpetuals.tables import Contract, Perpetual


@njit(cache=True)
def margin(state: State, row: Row) -> tuple[int, float]:
    """Money that is paid in as margin [USD]."""
    return 0, row.amount


@njit(cache=True)
def put_up(state: State, row: Row) -> tuple[int, float]:
    """Money that a bid for contracts takes [USD]: the bid, and the position's initial margin."""
    if not 0 <= row.venue < length(state, Perpetual.rollup):
        return 0, 0.0
    lot = lot_of(state, index(state, Perpetual.auction, row.venue), row.target)
    if lot < 0:
        return 0, row.amount
    size = get(state, Contract.quantity, index(state, Lot.contract, lot))
    margin = abs(size) * price_of(state, row.venue) * get(state, Perpetual.initial, row.venue)
    return 0, row.amount + margin


@njit(cache=True)
def trade_named(state: State, row: Row) -> float:
    """Value of the contracts that a trade names, at the oracle's price [USD]; no cap where there is no such market."""
    if not 0 <= row.venue < length(state, Perpetual.rollup):
        return -1.0
    return row.amount * price_of(state, row.venue)


@njit(cache=True)
def amount_named(state: State, row: Row) -> float:
    """Margin that is paid in or taken out [USD]."""
    return row.amount


@njit(cache=True)
def position_named(state: State, row: Row) -> float:
    """Value of the contract that is to be closed, at the oracle's price [USD]; no cap where there is none."""
    if not 0 <= row.target < length(state, Contract.market):
        return -1.0
    market = index(state, Contract.market, row.target)
    return abs(get(state, Contract.quantity, row.target)) * price_of(state, market)


@njit(cache=True)
def trade_filled(state: State, row: Row) -> float:
    """Value at which contracts were traded [USD], whichever way."""
    return row.filled_in
