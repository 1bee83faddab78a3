"""Setting up the index of positions and contracts: when a market opens, or after they were written by hand."""

from __future__ import annotations

import numpy as np
from numba import njit

from market.state.journal import open_journal
from market.state.store import State, cell
from market.venues.founding import foundings
from market.venues.liquidation import thresholds
from market.venues.liquidation.tables import Bucket


@njit(cache=True)
def centre(state: State, group: int, price: float) -> None:
    """Put the middle of a group's buckets at a price; at one, where there is none."""
    state.cells[cell(state, Bucket.centre, group)] = np.log(price) if price > 0.0 else 0.0


def reindex(state: State) -> None:
    """Build the lists of `thresholds` anew, their buckets around the oracles' prices of now.

    Whoever writes positions or contracts other than by an intent calls this afterwards. Not journalled.
    """
    thresholds.clear(state)
    for founding in foundings().values():
        founding.index(state)
    open_journal(state)
