"""A sequencer that puts whoever tips most first."""

from __future__ import annotations

import numpy as np

from agents.sequencers.base import Sequencer
from market.access.observation import BlockView
from market.access.protocols import Arrangement
from market.access.seat import Seat
from market.sequencing.ordering.base import first_of_unit, untouched


class Skeleton(Sequencer):
    """Orders by tip where that is at least `least_usd`; everybody else comes behind, by arrival.

    Parameters
    ----------
    least_usd
        tip from which on it buys an earlier place [USD]
    """

    def __init__(self, seat: Seat, least_usd: float = 0.01) -> None:
        # what is known from the start: seat.funds, seat.config, seat.stream for own random numbers, ...
        super().__init__(seat)
        if not least_usd >= 0.0:
            raise ValueError(f"least_usd must be at least 0, not {least_usd}")
        self.least_usd = least_usd

    def arrange(self, seen: BlockView) -> Arrangement:
        """Order what is due, where the regime leaves that to the leader: indices of `seen.due`, first to last."""
        due = seen.due
        unit = first_of_unit(due)  # members of a bundle stay together: the first tells where it stands
        tip = np.where(due["tip"] >= self.least_usd, due["tip"], 0.0)[unit]
        # exact ties of tip and arrival are broken at random, from its own stream
        order = np.lexsort((np.arange(due.size), unit, self.ties(seen)[unit], due["arrival"][unit], -tip))
        return untouched(order)
