"""Bundles that liquidate, and bundles that end with what they began and more: arbitrage.

A bundle's own members are those that it does not merely carry; they must have one sender. Arbitrage are those, with a
swap on a pool, that leave their sender no poorer in any asset and gain at the reference price, before tips and gas: a
cycle of swaps (Qin, Zhou and Gervais 2021, section 4.1; Torres et al. 2021, section 3), or one that the outside market
closes.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.extraction import Extraction
from market.intents.rows import BATCHED, Rows, Status
from market.state.store import State, assets, get
from market.state.tables import Asset
from market.venues import STATEMENTS, Kind
from market.venues.dispatch import LIQUIDATES

MARKED = np.array([statement.marked for statement in STATEMENTS])
"""By kind: whether its sender gains what it brings less what it takes, at reference prices."""
ROUNDING = 1e-6
"""Share of what a bundle moves of an asset below which a shortfall of it is rounding."""


@njit(cache=True)
def states(table: np.ndarray, kind: int) -> bool:
    """What a table by kind says of a row's kind; False of one that does not exist, which an author may write."""
    return 0 <= kind < table.size and bool(table[kind])


@njit(cache=True)
def owner(rows: Rows, first: int, last: int) -> int:
    """Account that sent a bundle's own members rows[first:last]; -1 where there are several, or one was not filled."""
    found = -1
    for k in range(first, last):
        if rows[k].carried != 0:
            continue
        if rows[k].status != Status.FILLED or (found >= 0 and rows[k].sender != found):
            return -1
        found = rows[k].sender
    return found


@njit(cache=True)
def judged(state: State, rows: Rows, first: int, last: int) -> int:
    """Class of what a bundle's own members, rows[first:last], come to together."""
    net, moved = np.zeros(assets(state)), np.zeros(assets(state))
    swaps, outside, trades = 0, 0, 0
    for k in range(first, last):
        row = rows[k]
        if row.carried != 0:
            continue
        if states(LIQUIDATES, row.kind):
            return Extraction.LIQUIDATION
        if not states(MARKED, row.kind):
            continue
        trades += 1
        swaps += row.kind == Kind.SWAP
        outside += row.kind == Kind.OUTSIDE
        net[row.asset_in] -= row.filled_in
        net[row.asset_out] += row.filled_out
        moved[row.asset_in] += row.filled_in
        moved[row.asset_out] += row.filled_out
    gain = 0.0
    for asset in range(net.size):
        if net[asset] < -ROUNDING * moved[asset]:
            return Extraction.NONE
        gain += net[asset] * get(state, Asset.price, asset)
    if swaps == 0 or trades < 2 or gain <= 0.0:
        return Extraction.NONE
    return Extraction.OUTSIDE if outside else Extraction.CYCLE


@njit(cache=True)
def find(state: State, rows: Rows, agents: int, classes: np.ndarray, tied: np.ndarray) -> None:
    """Judge every bundle of an executed block.

    Parameters
    ----------
    state, rows
        the market after the block, and the block
    agents
        accounts below this number are agents of the market
    classes
        shape (rows,): overwritten with the class that each row has by its bundle
    tied
        shape (rows,): overwritten with the first row of the arbitrage that a row belongs to, else -1
    """
    at = 0
    while at < rows.size:
        end = at + 1
        if rows[at].bundle >= 0 and rows[at].carried != BATCHED:
            while end < rows.size and rows[end].bundle == rows[at].bundle:
                end += 1
        for k in range(at, end):
            tied[k] = -1
            classes[k] = Extraction.LIQUIDATION if states(LIQUIDATES, rows[k].kind) else Extraction.NONE
        if rows[at].bundle >= 0 and rows[at].position >= 0:
            account = owner(rows, at, end)
            if 0 <= account < agents:
                found = judged(state, rows, at, end)
                for k in range(at, end):
                    own = rows[k].carried == 0 and states(MARKED, rows[k].kind)
                    if own and not states(LIQUIDATES, rows[k].kind):
                        classes[k] = found
                        tied[k] = at if found in (Extraction.OUTSIDE, Extraction.CYCLE) else -1
        at = end
