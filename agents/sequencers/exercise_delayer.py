"""A sequencer that owes options and leaves waiting whoever wants to exercise them, until it is too late."""

from __future__ import annotations

import numpy as np

from agents.means.option_chain import held
from agents.sequencers.base import Sequencer
from market.access.observation import BlockView
from market.access.protocols import Arrangement
from market.sequencing.ordering.base import first_come_order, untouched
from market.venues import Kind

ALL = -1


class ExerciseDelayer(Sequencer):
    """Arrival order without what exercises a series that it owes: what is not exercised in time, lapses.

    A bundle is left out as a whole. It cannot leave out what it cannot read. There is nothing to gain by exercising in
    front of somebody: the print of an expiry fixes what a series pays, whoever comes first.
    """

    def arrange(self, seen: BlockView) -> Arrangement:
        """Order what does not cost it anything."""
        order = first_come_order(seen.due, self.ties(seen))
        return untouched(order[~self.unwanted(seen)[order]])

    def unwanted(self, seen: BlockView) -> np.ndarray:
        """Mask of the pending intents that it leaves out."""
        due = seen.due
        mask = (due["sealed"] == 0) & (due["kind"] == Kind.OPTION_EXERCISE) & (due["sender"] != self.account)
        for at in np.flatnonzero(mask).tolist():
            mask[at] = self._owes(seen, int(due["venue"][at]), int(due["target"][at]))
        tied = mask & (due["bundle"] >= 0)
        return mask | np.isin(due["bundle"], due["bundle"][tied]) if tied.any() else mask

    def _owes(self, seen: BlockView, market: int, series: int) -> bool:
        """Whether it owes a series of a market, or any of them."""
        if not 0 <= market < len(seen.option_markets):
            return False
        own = held(seen, market)
        if series == ALL:
            return bool((own < 0.0).any())
        at = series - int(seen.option_markets["first_series"][market])
        return bool(0 <= at < own.size and own[at] < 0.0)
