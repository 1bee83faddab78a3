"""What is extracted from blocks whose sealed contents were read before they were ordered, and from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.intents.extraction import TAKES
from market.measures.recorder import Recorder

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


class Openings(Recorder):
    """Adds up what sequencers extract, by whether their block was opened early.

    Attributes
    ----------
    opened_usd, sealed_usd : float
        what leaders gained by their own trades in blocks that were opened early, and in the others [USD]
    opened, sealed : int
        blocks of either kind
    """

    def on_start(self, market: SequencerMarket) -> None:
        """Begin with nothing."""
        self.opened_usd = self.sealed_usd = 0.0
        self.opened = self.sealed = 0
        self._early = [0] * len(market.domains)

    def before_block(self, slot: Slot) -> None:
        """Note what the leader has gained so far."""
        self._before = self._gained(slot)

    def on_block(self, slot: Slot) -> None:
        """Add what it gained by this block; recorders of totals have been there before."""
        early = slot.domain.regime.visibility.record.opened
        gain = self._gained(slot) - self._before
        if early > self._early[slot.domain.index]:
            self.opened_usd += gain
            self.opened += 1
        else:
            self.sealed_usd += gain
            self.sealed += 1
        self._early[slot.domain.index] = early

    @staticmethod
    def _gained(slot: Slot) -> float:
        return float(slot.market.tally.gains[slot.leader.account, TAKES].sum())
