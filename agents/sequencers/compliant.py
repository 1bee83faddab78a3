"""A sequencer of which a share of the seats leaves out listed accounts, as a compliance filter does.

Listed are some users, by the draw that they made when sending, and accounts by their number: what these send, and
payments to them. The first seats comply, or all where the list is a norm that holders of stake have voted for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.sequencers.censoring import Censoring
from market.access.observation import BlockView
from market.access.protocols import Arrangement
from market.access.seat import Seat
from market.venues import Kind


class Compliant(Censoring):
    """Arrival order of what is not listed, where its seat complies; arrival order otherwise.

    Parameters
    ----------
    complies
        share of the domain's seats that comply, to the nearest whole number of them, the first ones [1]
    listed_share
        share of users who are listed [1]
    listed
        further accounts that are listed, by number, as tapes have them
    by_vote
        whether nobody complies unless the domain's policy in force is "filter", and everybody does where it is
    """

    def __init__(
        self,
        seat: Seat,
        complies: float = 0.5,
        listed_share: float = 0.1,
        listed: Sequence[int] = (),
        by_vote: bool = False,
    ) -> None:
        super().__init__(seat, flagged_share=listed_share, liquidations=False)
        if not 0.0 <= complies <= 1.0:
            raise ValueError(f"complies must lie in [0, 1], not {complies}")
        self.listed, self.by_vote = np.array(listed, np.int64), by_vote
        self.complies = seat.number < round(complies * seat.seats)

    def arrange(self, seen: BlockView) -> Arrangement:
        """Leave out what is listed, or nothing, by seat or by vote."""
        complies = seen.policy == FILTER if self.by_vote else self.complies
        return super().arrange(seen) if complies else super(Censoring, self).arrange(seen)

    def unwanted(self, due: np.ndarray) -> np.ndarray:
        """Mask of the pending intents that it leaves out; bundles as a whole."""
        readable = due["sealed"] == 0
        mask = super().unwanted(due) | (readable & np.isin(due["sender"], self.listed))
        mask |= readable & (due["kind"] == Kind.PAYMENT) & np.isin(due["target"], self.listed)
        tied = mask & (due["bundle"] >= 0)
        return mask | np.isin(due["bundle"], due["bundle"][tied]) if tied.any() else mask


FILTER = "filter"
"""Name of the norm under which everybody complies."""
