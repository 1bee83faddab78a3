"""The base of sequencers."""

from __future__ import annotations

import numpy as np

from agents.base import StrategicAgent
from market.access.observation import BlockView, Observation
from market.access.protocols import Arrangement
from market.sequencing.ordering.base import first_come_order, untouched


class Sequencer(StrategicAgent):
    """Orders the slots that it leads, where the regime leaves the order to the leader."""

    role = "sequencer"

    def arrange(self, seen: BlockView) -> Arrangement:
        """Order the pending intents; a subclass may leave out and insert."""
        return untouched(first_come_order(seen.due, self.ties(seen)))

    def bid_for_slot(self, seen: BlockView, slot: int) -> float:
        """Return a sealed bid for leading a slot of the domain [USD], where slots are sold.

        `seen.due` are the intents that wait for it, if it is the current slot `seen.slot`; none wait for a later one.
        """
        return 0.0

    def heard_slot(self, slot: int, won: bool, paid: float, highest: float) -> None:
        """Hear how the auction of a slot ended [USD]."""

    def restake(self, seen: Observation) -> float:
        """Return what to add to one's stake (negative: to take from it), where leaders are drawn by stake [USD]."""
        return 0.0

    def ties(self, seen: BlockView) -> np.ndarray:
        """Uniform draws, one per pending intent, to break exact ties of arrival."""
        return self.rng_own.random(seen.due.size)
