"""How deep pools are, and which is the deepest."""

from __future__ import annotations

import numpy as np

from market.state.store import Tables


def held_of(tables: Tables, pools: np.ndarray, asset: int) -> np.ndarray:
    """Return what swaps meet of an asset in pools that exchange it: shape of `pools` [units of the asset]."""
    rows = tables.pools[pools]
    held = tables.balance[rows["account"].astype(np.int64), rows["rollup"].astype(np.int64), asset]
    side = (rows["asset"][..., 0] != asset).astype(np.int64)
    virtual = np.where(side == 0, rows["virtual"][..., 0], rows["virtual"][..., 1])
    return np.where(rows["spacing"] > 0.0, virtual, held)


def deepest(tables: Tables, rollup: int, asset: int, measure: int) -> int:
    """Return the pool of a rollup that exchanges two assets and holds most of the second of them.

    Parameters
    ----------
    tables
        the state
    rollup
        where the pool is to stand
    asset, measure
        the two assets, in any order in the pool; depth is what it holds of `measure`

    Returns
    -------
    int
        the pool, the first of those that are equally deep; -1 if there is none, or all are empty
    """
    pairs = np.sort(tables.pools["asset"], axis=1)
    which = (tables.pools["rollup"] == rollup) & (pairs == sorted((asset, measure))).all(axis=1)
    at = np.flatnonzero(which)
    if not at.size:
        return -1
    held = held_of(tables, at, measure)
    best = int(held.argmax())
    return int(at[best]) if held[best] > 0.0 else -1
