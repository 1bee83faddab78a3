"""Keeping funds where they are needed: transfers over bridges."""

from __future__ import annotations

import numpy as np

from market import state
from market.desk import Desk
from market.observation import Observation

LOW, SHARE = 0.3, 0.5


def rebalance(seen: Observation, desk: Desk, home: np.ndarray) -> None:
    """Send funds to where less than 30% of the starting funds are left, from where most is.

    Parameters
    ----------
    home
        shape (rollups, assets): where funds lay at the start [units of the asset]

    Half of what is missing goes at once; one transfer per asset and call, from a rollup of the domain whose slot it is.
    """
    funds = seen.funds
    for asset in range(funds.shape[1]):
        if not home[:, asset].all():
            continue
        ratio = funds[:, asset] / home[:, asset]
        poorest = int(np.argmin(ratio))
        richest = max(seen.rollups, key=lambda rollup: ratio[rollup])
        if ratio[poorest] >= LOW or ratio[richest] <= 1.0 or poorest == richest:
            continue
        bridge = _bridge_between(seen.public.bridges, richest, poorest)
        if bridge < 0:
            continue
        missing = home[poorest, asset] - funds[poorest, asset]
        spare = funds[richest, asset] - home[richest, asset]
        held = _held_at(seen, bridge, richest, asset)
        amount = min(SHARE * missing, spare, 0.5 * held)
        if amount > 0.0:
            desk.bridge(bridge, richest, asset, amount)


def _bridge_between(bridges: np.ndarray, first: int, second: int) -> int:
    ends = bridges[:, [state.B_SOURCE, state.B_TARGET]]
    match = ((ends == (first, second)) | (ends == (second, first))).all(axis=1)
    found = np.flatnonzero(match)
    return int(found[0]) if found.size else -1


def _held_at(seen: Observation, bridge: int, source: int, asset: int) -> float:
    """What the bridge can still pay out at the other end [units of the asset]."""
    row = seen.public.bridges[bridge]
    from_source = int(row[state.B_SOURCE]) == source
    other = int(row[state.B_TARGET if from_source else state.B_SOURCE])
    assets = seen.funds.shape[1]
    promised = row[state.B_PROMISED + (0 if from_source else assets) + asset]
    return float(seen.public.balance[int(row[state.B_ACCOUNT]), other, asset] - promised)
