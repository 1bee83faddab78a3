"""The base of sequencers."""

from __future__ import annotations

import numpy as np

from agents.base import StrategicAgent
from market.observation import BlockView
from market.seats import Arrangement
from market.sequencing.ordering.base import first_come_order, untouched


class Sequencer(StrategicAgent):
    """Orders the slots that it leads, where the regime leaves the order to the leader."""

    role = "sequencer"

    def arrange(self, seen: BlockView) -> Arrangement:
        """Order the pending intents; a subclass may leave out and insert."""
        return untouched(first_come_order(seen.due, self.ties(seen)))

    def ties(self, seen: BlockView) -> np.ndarray:
        """Uniform draws, one per pending intent, to break exact ties of arrival."""
        return self.rng_own.random(seen.due.size)
