"""What everybody sees of auctions of what is liquidated."""

from __future__ import annotations

import numpy as np
from numba import float64, int64, njit

from market.state.records import Records
from market.state.store import STATE, State, described, index
from market.venues.liquidation.design import DUTCH
from market.venues.liquidation.designs import dutch, english
from market.venues.liquidation.tables import Auction, Lot, Security
from market.venues.perpetuals import dutch as contracts


class AuctionsSeen(Records, columns=described(Auction)):
    """How each market liquidates, and what came of it: shape (lending markets + perpetuals,)."""


class LotsSeen(Records, columns=described(Lot)):
    """Lots, open or not: shape (lots,)."""

    @property
    def is_open(self) -> np.ndarray:
        """Whether an auction is on in a lot."""
        return self.open > 0.0


class SecuritySeen(Records, columns=described(Security)):
    """Security modules: shape (rollups,), or (0,) where no rollup has one."""


VIEWS = {"auctions": AuctionsSeen, "lots": LotsSeen, "security": SecuritySeen}
"""Views of whole tables, by the name of the table."""


@njit(float64(STATE, int64, float64), cache=True)
def asked(state: State, lot: int, time: float) -> float:
    """Price of a unit of what a Dutch auction sells; nan where it must be reset first, and in other auctions."""
    if index(state, Auction.design, index(state, Lot.auction, lot)) != DUTCH:
        return np.nan
    if dutch.over(state, lot, time) or (index(state, Lot.contract, lot) >= 0 and contracts.over(state, lot, time)):
        return np.nan
    return dutch.price_at(state, lot, time)


@njit(float64(STATE, int64), cache=True)
def ends(state: State, lot: int) -> float:
    """When an English auction ends unless there is another bid [s]."""
    return english.end_of(state, lot)
