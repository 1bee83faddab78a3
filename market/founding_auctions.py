"""Founding auctions: the terms by which markets sell what they liquidate, and places with accounts to do it in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market import state
from market.config import MarketConfig, PerpetualConfig, RollupConfig
from market.errors import InputError
from market.venues import liquidations
from market.venues.liquidations import Design

if TYPE_CHECKING:
    from market.founding import World


def designs(config: MarketConfig) -> list[Design]:
    """Return the design of every lending market, then of every perpetual; raises InputError for what cannot be."""
    for rollup in config.rollups:
        _check_shared_margin(rollup)
    return [
        liquidations.make(spec.liquidation, f"rollups.{rollup.name}.{kind}.liquidation")
        for kind in ("lending", "perpetuals")
        for rollup in config.rollups
        for spec in getattr(rollup, kind)
    ]


def shared_by(specs: tuple[PerpetualConfig, ...]) -> int:
    """How many traders hold contracts on all of a rollup's perpetuals, which share their margin."""
    return min(int(spec.cross_share * spec.traders) for spec in specs) if len(specs) > 1 else 0


def _check_shared_margin(rollup: RollupConfig) -> None:
    """Raise InputError where contracts that share margin would be liquidated in different ways."""
    kinds = sorted({str(spec.liquidation.get("kind")) for spec in rollup.perpetuals})
    if len(kinds) > 1 and shared_by(rollup.perpetuals):
        raise InputError(
            f"rollups.{rollup.name}.perpetuals.liquidation: kinds {', '.join(kinds)}; allowed: one kind for all "
            "perpetuals of a rollup whose traders share margin (cross_share)"
        )


def open_auctions(world: World, found: list[Design], first_account: int) -> None:
    """Write the terms, and give every place for an auction an account of its own, from `first_account` on."""
    tables = world.tables
    tables.lot[:, state.Q_ID], tables.lot[:, state.Q_CLOSED_AT] = -1.0, -1.0
    tables.lot[:, state.Q_BIDDER] = tables.lot[:, state.Q_CONTRACT] = -1.0
    tables.lot[:, state.Q_ACCOUNT] = range(first_account, first_account + len(tables.lot))
    tables.account[first_account : first_account + len(tables.lot), state.A_VENUE] = 1.0
    first = 0
    for venue, design in enumerate(found):
        row = tables.auction[venue]
        design.write(row)
        row[state.D_FIRST], row[state.D_LOTS] = first, design.lots
        tables.lot[first : first + design.lots, state.Q_VENUE] = venue
        first += design.lots


def places_on_perpetuals(world: World) -> np.ndarray:
    """Places for auctions of contracts: shape (n,), ascending."""
    return np.flatnonzero(world.tables.lot[:, state.Q_VENUE] >= len(world.tables.lending))
