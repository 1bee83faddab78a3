"""Founding auctions: the terms by which markets sell what they liquidate, and places with accounts to do it in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market import state
from market.config import MarketConfig
from market.venues import liquidations
from market.venues.liquidations import Design

if TYPE_CHECKING:
    from market.founding import World


def designs(config: MarketConfig) -> list[Design]:
    """Return the design of every lending market; raises InputError for one that does not exist."""
    return [
        liquidations.make(spec.liquidation, f"rollups.{rollup.name}.lending.liquidation")
        for rollup in config.rollups
        for spec in rollup.lending
    ]


def open_auctions(world: World, found: list[Design], first_account: int) -> None:
    """Write the terms, and give every place for an auction an account of its own, from `first_account` on."""
    tables = world.tables
    tables.lot[:, state.Q_ID], tables.lot[:, state.Q_CLOSED_AT] = -1.0, -1.0
    tables.lot[:, state.Q_BIDDER] = -1.0
    tables.lot[:, state.Q_ACCOUNT] = range(first_account, first_account + len(tables.lot))
    tables.account[first_account : first_account + len(tables.lot), state.A_VENUE] = 1.0
    first = 0
    for venue, design in enumerate(found):
        row = tables.auction[venue]
        design.write(row)
        row[state.D_FIRST], row[state.D_LOTS] = first, design.lots
        tables.lot[first : first + design.lots, state.Q_VENUE] = venue
        first += design.lots
