"""A sequencer that keeps its promises as long as that pays.

Since it promised, prices have moved: trading on that ahead of the promised intents earns more the further they
moved. It breaks when that exceeds the penalty to be expected (chance of proof times bond and stake at risk), and
keeps otherwise.
"""

from __future__ import annotations

from agents.blocks.insertion import insert
from agents.sequencers.base import Sequencer
from market.access.observation import BlockView
from market.access.protocols import Arrangement
from market.access.seat import Seat


class PromiseBreaker(Sequencer):
    """Compares the gain of a broken promise with its price, block by block.

    Parameters
    ----------
    caution
        factor on the expected penalty: 1 is risk-neutral, more is averse to being caught [1]
    least_usd
        profit below which an insertion is not worth its while [USD]
    sandwich
        whether it front-runs users when it breaks, or takes stale pools only
    """

    def __init__(
        self,
        seat: Seat,
        caution: float = 1.0,
        least_usd: float = 0.05,
        sandwich: bool = False,
    ) -> None:
        super().__init__(seat)
        if not (caution >= 0.0 and least_usd >= 0.0):
            raise ValueError(f"caution and least_usd must be at least 0, not {caution} and {least_usd}")
        self.caution, self.least_usd, self.sandwich = caution, least_usd, sandwich
        self.breaks = 0

    def arrange(self, seen: BlockView) -> Arrangement:
        """Arrival order; one's own insertions on top where they earn more than they cost."""
        seen = self.hedging.net(seen)
        arrangement, gain, _ = insert(seen, cost_usd=self.least_usd, ties=self.ties(seen), sandwich=self.sandwich)
        if gain <= self.caution * seen.broken_promise_usd:
            return super().arrange(seen)
        self.breaks += bool(arrangement.inserted.size)
        return arrangement
