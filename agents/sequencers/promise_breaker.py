"""A sequencer that keeps its promises as long as that pays.

Since it promised, prices have moved: trading on that ahead of the promised intents earns more the further they
moved. Behind them it may trade without breaking anything. So it breaks when what it earns that way exceeds what it
earns by keeping by more than the penalty to be expected (chance of proof times bond and stake at risk).
"""

from __future__ import annotations

import numpy as np

from agents.blocks.behind import behind
from agents.blocks.insertion import insert
from agents.sequencers.base import Sequencer
from market.access.observation import BlockView
from market.access.protocols import Arrangement
from market.access.seat import Seat
from market.sequencing.ordering.base import first_come_order, untouched


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
        """Arrival order and one's own intents: on top and in between where that earns more than it costs, else behind.

        It takes any insertion that is not behind everything to break what was promised.
        """
        seen = self.hedging.net(seen)
        ties = self.ties(seen)
        broken, gain, _ = insert(seen, cost_usd=self.least_usd, ties=ties, sandwich=self.sandwich)
        own, kept = behind(seen, cost_usd=self.least_usd, ties=ties)
        if broken.inserted.size and gain - kept > self.caution * seen.broken_promise_usd:
            self.breaks += 1
            return broken
        arrived = untouched(first_come_order(seen.due, ties))
        order, bundle = (np.concatenate(halves) for halves in zip(arrived[:2], own[:2], strict=True))
        return Arrangement(order, bundle, own.inserted)
