"""A sequencer that joins a coalition to open sealed intents early, and uses what it reads.

Where the coalition holds fewer shares of the key than it takes, it has public state only, like any extractive
sequencer. It goes on as long as what it earns on blocks that it read exceeds the penalty to be expected.
"""

from __future__ import annotations

import numpy as np

from agents.blocks.insertion import insert
from agents.blocks.liquidations import ready_liquidations
from agents.sequencers.base import Sequencer
from market.access.observation import BlockView, redact
from market.access.protocols import Arrangement
from market.access.seat import Seat


class EarlyDecrypter(Sequencer):
    """Optimal insertion into what its coalition can read.

    Parameters
    ----------
    gain_usd
        what it first believes reading a block to be worth [USD]; moves to what it earns
    memory
        weight of a newly read block in that belief [1]
    least_usd
        profit below which an insertion is not worth its while [USD]
    """

    def __init__(
        self,
        seat: Seat,
        gain_usd: float = 100.0,
        memory: float = 0.02,
        least_usd: float = 0.05,
    ) -> None:
        super().__init__(seat)
        if not (gain_usd >= 0.0 and 0.0 < memory <= 1.0 and least_usd >= 0.0):
            raise ValueError(
                f"gain_usd and least_usd must be at least 0 and memory in (0, 1], not {gain_usd}, {least_usd}, {memory}"
            )
        self.gain_usd, self.memory, self.least_usd = gain_usd, memory, least_usd
        self.opened = 0

    def opens_early(self, penalty_usd: float) -> bool:
        """Whether reading is believed to be worth more than the penalty to be expected."""
        return self.gain_usd > penalty_usd

    def arrange(self, seen: BlockView) -> Arrangement:
        """Insert whatever pays, given what can be read."""
        seen = self.hedging.net(seen)
        forced, after = ready_liquidations(seen)
        ties = self.ties(seen)
        arrangement, gain, _ = insert(seen, cost_usd=self.least_usd, ties=ties, forced=forced, forced_after=after)
        if seen.due.size and not seen.due["sealed"].any():
            self.opened += 1
            self.gain_usd += self.memory * (gain - self._blind(seen, ties) - self.gain_usd)
        return arrangement

    def _blind(self, seen: BlockView, ties: np.ndarray) -> float:
        """Return what it would earn without reading: that is no gain from reading [USD]."""
        contents, seen.due = seen.due, redact(seen.due)
        _, gain, _ = insert(seen, cost_usd=self.least_usd, ties=ties)
        seen.due = contents
        return gain
