"""Keeping funds where they are needed: transfers over bridges."""

from __future__ import annotations

import numpy as np

from market.access.desk import Desk
from market.access.observation import Observation

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
        bridge = bridge_between(seen.bridges, richest, poorest)
        if bridge < 0:
            continue
        missing = home[poorest, asset] - funds[poorest, asset]
        spare = funds[richest, asset] - home[richest, asset]
        held = _held_at(seen, bridge, richest, asset)
        amount = min(SHARE * missing, spare, 0.5 * held)
        if amount > 0.0:
            desk.bridge(bridge, richest, asset, amount)


def bridge_between(bridges: np.ndarray, first: int, second: int) -> int:
    """Return the first bridge between two rollups, whichever way; -1 for none."""
    source, target = bridges["source"], bridges["target"]
    match = ((source == first) & (target == second)) | ((source == second) & (target == first))
    found = np.flatnonzero(match)
    return int(found[0]) if found.size else -1


def _held_at(seen: Observation, bridge: int, source: int, asset: int) -> float:
    """What the bridge can still pay out at the other end [units of the asset]."""
    row = seen.bridges[bridge]
    from_source = int(row["source"]) == source
    other = int(row["target" if from_source else "source"])
    promised = row["promised"][0 if from_source else 1, asset]
    return float(seen.balance[int(row["account"]), other, asset] - promised)
