"""A sequencer that leaves out what it does not want: rivals' liquidations, or a flagged share of users.

Who is flagged is decided by the draw that a user made when sending, so that the same intents are flagged in every
regime. A sequencer cannot leave out what it cannot read: sealed intents pass.
"""

from __future__ import annotations

import numpy as np

from agents.blocks.liquidations import ready_liquidations
from agents.sequencers.base import Sequencer
from market.access.observation import BlockView
from market.access.protocols import Arrangement
from market.access.seat import Seat
from market.sequencing.ordering.base import first_come_order
from market.venues import Kind

FREE = -1


class Censoring(Sequencer):
    """Arrival order of what passes its filter.

    Parameters
    ----------
    flagged_share
        share of users whose intents it leaves out, as a compliance filter would [1]
    liquidations
        whether it leaves out rivals' liquidations and carries them out itself, at the same place in the block
    """

    def __init__(self, seat: Seat, flagged_share: float = 0.1, liquidations: bool = True) -> None:
        super().__init__(seat)
        if not 0.0 <= flagged_share <= 1.0:
            raise ValueError(f"flagged_share must lie in [0, 1], not {flagged_share}")
        self.flagged_share, self.liquidations = flagged_share, liquidations

    def arrange(self, seen: BlockView) -> Arrangement:
        """Order what passes; own liquidations stand at the top, or behind the oracle update that allows them."""
        due = seen.due
        order = first_come_order(due, self.ties(seen))
        order = order[~self.unwanted(due)[order]]
        if not self.liquidations:
            return Arrangement(order, np.full(order.size, FREE), due[:0])
        own, after = ready_liquidations(self.hedging.net(seen))
        return _with_own(order, own, after)

    def unwanted(self, due: np.ndarray) -> np.ndarray:
        """Mask of the pending intents that it leaves out; bundles as a whole."""
        readable = due["sealed"] == 0
        mask = readable & flagged(due, self.flagged_share)
        if self.liquidations:
            mask |= readable & (due["kind"] == Kind.LIQUIDATE) & (due["sender"] != self.account)
        tied = mask & (due["bundle"] >= 0)
        return mask | np.isin(due["bundle"], due["bundle"][tied]) if tied.any() else mask


def flagged(rows: np.ndarray, share: float) -> np.ndarray:
    """Mask of the users that a filter catches.

    A user's draw, which also decides on gossip, is turned into another uniform one; strategic senders (draw 0) pass.
    """
    return (rows["route"] > 0.0) & (np.mod(rows["route"] * 104_729.0, 1.0) < share)


def _with_own(order: np.ndarray, own: np.ndarray, after: np.ndarray) -> Arrangement:
    """Arrangement of pending intents with one's own ready bundles behind those that they follow (-1: at the top)."""
    places: list[int] = []
    bundles: list[int] = []

    def add(place: int) -> None:
        first = len(places)
        for at in np.flatnonzero(after == place):
            places.append(-1 - int(at))
            bundles.append(first + int(own["bundle"][at]))

    add(-1)
    followed = set(after.tolist())
    for at in order.tolist():
        places.append(at)
        bundles.append(FREE)
        if at in followed:
            add(at)
    if len(places) - order.size < own.size:
        # what was to follow an intent that is left out is left out too
        used = np.array([-1 - at for at in places if at < 0], np.int64)
        renumbered = np.full(own.size, -1)
        renumbered[used] = np.arange(used.size)
        places = [at if at >= 0 else -1 - int(renumbered[-1 - at]) for at in places]
        own = own[used]
    return Arrangement(np.array(places, np.int64), np.array(bundles, np.int64), own)
