"""What all mechanisms of this part share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from market.sequencing import Part

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


class Gauge(NamedTuple):
    """What everybody knows of the breaker of a rollup."""

    level: float = 0.0  # what the trigger looks at, within its window [unit of the threshold]
    threshold: float = np.inf  # announced level that sets off a pause; the one in force may be drawn around it
    paused_until: float = -np.inf  # end of the last pause [s]
    pause_s: float = 0.0  # length of the next pause [s]

    @property
    def share(self) -> float:
        """How near the trigger is: level over threshold [1]."""
        return self.level / self.threshold


NO_GAUGE = Gauge()


class Breaker(Part):
    """When the sequencer pauses intents. The base does nothing; a mechanism says what differs."""

    def screen(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Return the rows that are not paused, in order; paused ones go back to the mempool with that status."""
        return rows

    def gauge(self, market: SequencerMarket, rollup: int) -> Gauge:
        """Return what everybody knows of the breaker that stands over a rollup of the domain."""
        return NO_GAUGE

    def after_block(self, slot: Slot) -> None:
        """Take note of the executed block: what the trigger looks at."""
