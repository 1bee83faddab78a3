"""Own intents behind everybody else's: what an author can take who must let stand what came before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from agents.blocks.foresight import carry_out, end_of_unit
from agents.blocks.insertion import insert
from market.access.observation import BlockView
from market.access.protocols import Arrangement
from market.intents.rows import Rows
from market.sequencing.ordering.base import first_come_order
from market.venues.pools.seen import Ticks
from market.venues.pools.view import Pools


@njit(cache=True)
def _after(pools: Pools, ticks: Ticks, due: Rows, order: np.ndarray) -> np.ndarray:
    """Pools once the pending intents that can be read have been carried out in the order given."""
    left, taken = pools.copy(), np.zeros(1 + due.size, np.int64)
    start: Any = np.int64(0)
    while start < order.size:
        unit = order[start : end_of_unit(due, order, start)]
        carry_out(left, ticks, due, unit, taken)
        start += unit.size
    return left


class _Left:
    """What a block leaves behind it: a view without pending intents on the state after them."""

    def __init__(self, seen: BlockView, ties: np.ndarray) -> None:
        self.account, self.time, self.rollups = seen.account, seen.time, seen.rollups
        self.prices, self.outside_fee, self.funds = seen.prices, seen.outside_fee, seen.funds
        self.outside, self.ticks, self.fixed = seen.outside, seen.ticks, seen.fixed
        self.due = seen.due[:0]
        self.pools = _after(seen.pools, seen.ticks, seen.due, first_come_order(seen.due, ties))


def behind(seen: BlockView, *, cost_usd: float, ties: np.ndarray) -> tuple[Arrangement, float]:
    """Arrange one's own intents, and no others, to stand behind what is due, in order of arrival.

    Parameters
    ----------
    seen
        what the author reads
    cost_usd
        cost of an insertion below which it is left out [USD]
    ties
        shape (len(seen.due),): uniform draws that break ties of arrival

    Returns
    -------
    arrangement, profit expected of it [USD]
    """
    arrangement, gain, _ = insert(_Left(seen, ties), cost_usd=cost_usd, ties=ties[:0])
    return arrangement, gain
