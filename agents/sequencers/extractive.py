"""A sequencer that uses its power over the order: front-runs, sandwiches, arbitrages, snipes liquidations.

It reads what the regime lets it read. Sealed contents leave it with what public state offers.
"""

from __future__ import annotations

import numpy as np

from agents.blocks.insertion import insert
from agents.blocks.liquidations import ready_liquidations
from agents.sequencers.base import Sequencer
from market.access.observation import BlockView
from market.access.protocols import Arrangement
from market.access.seat import Seat


class Extractive(Sequencer):
    """Greedy optimal insertion (Daian et al. 2020 describe the practice).

    Parameters
    ----------
    least_usd
        profit below which an insertion is not worth its while [USD]; it adapts: an operator whose insertions fail
        asks for more
    """

    def __init__(self, seat: Seat, least_usd: float = 0.05) -> None:
        super().__init__(seat)
        if not least_usd >= 0.0:
            raise ValueError(f"least_usd must be at least 0, not {least_usd}")
        self.floor_usd = self.least_usd = least_usd

    def arrange(self, seen: BlockView) -> Arrangement:
        """Insert whatever pays."""
        seen = self.hedging.net(seen)
        forced, after = ready_liquidations(seen)
        arrangement, _, _ = insert(
            seen, cost_usd=self.least_usd, ties=self.ties(seen), forced=forced, forced_after=after
        )
        return arrangement

    def learn(self, receipts: np.ndarray) -> None:
        """Ask for more after failed insertions, for less after filled ones."""
        failed = float((receipts["reason"] > 0).mean())
        self.least_usd = max(self.floor_usd, self.least_usd * (1.0 + 0.2 * (failed - 0.25)))
