"""Bridges: funds leave one rollup at inclusion and arrive on the other after a delay while it has funds there."""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.rows import Reason, Row
from market.state.journal import open_journal, put
from market.state.ledger import Why, move, within
from market.state.store import State, assets, balance, cell, get, index, length
from market.venues.bridges.tables import Bridge


@njit(cache=True)
def other_end(state: State, bridge: int, direction: int) -> int:
    """Rollup that a bridge leads to in direction 0 (from its source) or 1 (from its target)."""
    return index(state, Bridge.target if direction == 0 else Bridge.source, bridge)


@njit(cache=True)
def promised_cell(state: State, bridge: int, direction: int, asset: int) -> int:
    """Where the amount promised and not yet delivered stands."""
    return cell(state, Bridge.promised + direction * assets(state) + asset, bridge)


@njit(cache=True)
def send(state: State, row: Row, time: float) -> int:
    """Hand funds to the bridge on this rollup against a promise on the other.

    The bridge promises no more than it holds at the other end and has not promised yet. The fee stays with it.
    """
    bridge, asset = row.venue, row.asset_in
    if bridge < 0 or bridge >= length(state, Bridge.source) or asset < 0 or asset >= assets(state):
        return Reason.WRONG_VENUE
    from_source = row.rollup == index(state, Bridge.source, bridge)
    if not from_source and row.rollup != index(state, Bridge.target, bridge):
        return Reason.WRONG_VENUE
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    direction = 0 if from_source else 1
    account = index(state, Bridge.account, bridge)
    fee = row.amount * get(state, Bridge.fee, bridge)
    where = promised_cell(state, bridge, direction, asset)
    if balance(state, account, other_end(state, bridge, direction), asset) - state.cells[where] < row.amount - fee:
        return Reason.BRIDGE_EXHAUSTED
    if not move(state, row.sender, account, row.rollup, asset, fee, Why.BRIDGE_FEE):
        return Reason.INSUFFICIENT_BALANCE
    passed = within(state, row.sender, row.rollup, asset, row.amount - fee)
    if not move(state, row.sender, account, row.rollup, asset, passed, Why.BRIDGE):
        return Reason.INSUFFICIENT_BALANCE
    put(state, where, state.cells[where] + passed)
    row.filled_in = row.amount
    row.filled_out = passed
    return Reason.NONE


@njit(cache=True)
def deliver(state: State, bridge: int, direction: int, asset: int, account: int, amount: float) -> bool:
    """Keep a promise that has come due. False would mean that the bridge broke it, which `send` rules out."""
    open_journal(state)
    where = promised_cell(state, bridge, direction, asset)
    put(state, where, max(0.0, state.cells[where] - amount))
    holder = index(state, Bridge.account, bridge)
    rollup = other_end(state, bridge, direction)
    # sums of promises round: the last cent of a promise may exceed what the bridge holds by rounding only
    return move(state, holder, account, rollup, asset, within(state, holder, rollup, asset, amount), Why.BRIDGE)
