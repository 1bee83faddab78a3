"""Sandwiches on perpetuals: who buys of a maker in front of somebody who buys, and sells behind, within one block.

The evidence is that of sandwiches on pools (:mod:`market.measures.classes.sandwiches`): front, victim and back stand in
this order on one perpetual, front and victim trade the same way, the back the other; front and back have one sender,
the victim has another; what the back sells is what the front bought.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.extraction import Extraction
from market.intents.rows import BATCHED, Row, Rows, Status
from market.measures.classes.sandwiches import MOST
from market.state.store import State, get
from market.venues import Kind
from market.venues.perpetuals.rules import price_of
from market.venues.perpetuals.tables import Perpetual


@njit(cache=True)
def _trades(row: Row) -> bool:
    return row.kind == Kind.PERPETUAL_TRADE and row.status == Status.FILLED and row.carried != BATCHED


@njit(cache=True)
def _buys(row: Row) -> bool:
    return row.asset_in == 0


@njit(cache=True)
def _match(rows: Rows, back: int, left: np.ndarray) -> tuple[float, int]:
    """Take what a trade closes off what its sender opened in front of others; returns how much, and the first such row.

    `left`, shape (rows,), is what each row traded and nobody has closed yet [units].
    """
    row = rows[back]
    rest, first, crossed = row.filled_out, -1, False
    for at in range(back - 1, -1, -1):
        other = rows[at]
        if rest == 0.0:
            break
        if not _trades(other) or other.venue != row.venue or _buys(other) == _buys(row):
            continue
        if other.sender != row.sender:
            crossed = True
        elif crossed and left[at] > 0.0:
            taken = min(rest, left[at])
            left[at] -= taken
            rest -= taken
            first = at
    return row.filled_out - rest, first


@njit(cache=True)
def _losses(state: State, rows: Rows, first: int, back: int, loss: np.ndarray, nearest: np.ndarray) -> None:
    """Add what whoever trades between rows[first] and rows[back] would have paid less without that account [USD].

    A trade of x by that account moves the log price of those behind it by x P / depth, at the oracle's price P as the
    block left it; `nearest` gets the front where it is nearer than what stands there.
    """
    market, sender = rows[first].venue, rows[first].sender
    per_unit = price_of(state, market) / get(state, Perpetual.depth, market)
    fee, moved = get(state, Perpetual.fee, market), 0.0
    for k in range(first, back):
        row = rows[k]
        if not _trades(row) or row.venue != market:
            continue
        sign = 1.0 if _buys(row) else -1.0
        if row.sender == sender:
            moved += sign * row.filled_out * per_unit
        elif _buys(row) == _buys(rows[first]):
            loss[k] += -sign * row.filled_in * np.expm1(-moved) * (1.0 + sign * fee)
            nearest[k] = max(nearest[k], first)


@njit(cache=True)
def _some(rows: Rows, agents: int) -> bool:
    """Whether agents have traded on perpetuals twice."""
    count = 0
    for k in range(rows.size):
        count += 0 <= rows[k].sender < agents and _trades(rows[k])
    return count > 1


@njit(cache=True)
def find(
    state: State, rows: Rows, agents: int, classes: np.ndarray, loss: np.ndarray, nearest: np.ndarray
) -> None:  # fmt: skip
    """Mark fronts and backs on perpetuals, and add what those between them lost.

    Parameters
    ----------
    state, rows
        the market after the block, and the block
    agents
        accounts below this number are agents of the market
    classes, loss, nearest
        shape (rows,): set where a row is part of a sandwich, or stands in one; as the search on pools left them
    """
    if not _some(rows, agents):
        return
    left, start, open_ = np.zeros(rows.size), np.full(rows.size, -1), np.zeros(rows.size)
    for k in range(rows.size):
        if 0 <= rows[k].sender < agents and _trades(rows[k]):
            left[k] = open_[k] = rows[k].filled_out
            _match(rows, k, open_)
    # once more, with those alone of which most was closed again
    for k in range(rows.size):
        front = open_[k] < (1.0 - MOST) * left[k]
        left[k] = left[k] if front else 0.0
        if front:
            classes[k] = Extraction.SANDWICH
    for k in range(rows.size):
        if 0 <= rows[k].sender < agents and _trades(rows[k]):
            closed, first = _match(rows, k, left)
            if closed > MOST * rows[k].filled_out:
                classes[k], start[k] = Extraction.SANDWICH, first
    for back in range(rows.size - 1, -1, -1):
        if start[back] < 0:
            continue
        first = start[back]
        for k in range(back - 1, first, -1):  # one stretch where several overlap: nobody loses twice
            same = rows[k].sender == rows[back].sender and rows[k].venue == rows[back].venue
            if start[k] >= 0 and same and _buys(rows[k]) == _buys(rows[back]):
                first, start[k] = min(first, start[k]), -1
        _losses(state, rows, first, back, loss, nearest)
