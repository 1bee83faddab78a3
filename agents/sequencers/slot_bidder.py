"""A sequencer that buys its slots: it bids what leading a slot has brought it, less a margin.

For the slot that is about to begin it also counts what it can see: the tips that wait and what it could insert.
"""

from __future__ import annotations

from agents.blocks.insertion import insert
from agents.sequencers.extractive import Extractive
from market.access.observation import BlockView
from market.access.seat import Seat


class SlotBidder(Extractive):
    """Bids an adaptive share of an estimate that it learns from its own account.

    What a slot brought is the change of what it holds, at today's prices, from the beginning of the slot to the
    beginning of the next one, with the prices of slots that it paid added back.

    Parameters
    ----------
    margin
        first share of the estimated value kept [1]
    step
        relative change of the margin after an auction: up if it won, down if it lost what it would have paid for [1]
    memory
        weight of a new slot in the estimate [1]
    first_usd
        what it thinks a slot worth before it has led one [USD]
    least_usd
        profit below which an insertion is not worth its while [USD]
    """

    def __init__(
        self,
        seat: Seat,
        margin: float = 0.2,
        step: float = 0.05,
        memory: float = 0.1,
        first_usd: float = 0.1,
        least_usd: float = 0.05,
    ) -> None:
        super().__init__(seat, least_usd=least_usd)
        if not (0.0 < margin < 1.0 and 0.0 < step < 1.0 and 0.0 < memory <= 1.0):
            raise ValueError(f"margin, step and memory must lie in (0, 1), not {margin}, {step} and {memory}")
        if not first_usd >= 0.0:
            raise ValueError(f"first_usd must be at least 0, not {first_usd}")
        self.margin, self._step, self.memory = margin, step, memory
        self.unseen_usd = first_usd  # estimate of what a slot brings beyond what can be seen when it begins
        self._value = 0.0
        self._visible: dict[int, float] = {}  # by slot bought: what could be seen of it when bidding [USD]
        self._paid = 0.0  # for slots, since the last look at the account [USD]
        self._held = None
        self._looked_at = -1

    def bid_for_slot(self, seen: BlockView, slot: int) -> float:
        """Estimated value less the margin, as far as its funds go."""
        self._look_back(seen)
        visible = self._worth(seen) if slot == seen.slot else 0.0
        self._visible[slot] = visible
        self._value = max(0.0, visible + self.unseen_usd)
        return min(self._value * (1.0 - self.margin), float(seen.funds[list(seen.rollups), 0].sum()))

    def heard_slot(self, slot: int, won: bool, paid: float, highest: float) -> None:
        """Ask for more after a win, for less after a defeat that a smaller margin would have avoided."""
        self._paid += paid
        if won:
            self.margin = min(0.95, self.margin * (1.0 + self._step))
            return
        del self._visible[slot]
        if highest < self._value:
            self.margin = max(0.001, self.margin * (1.0 - self._step))

    def fined(self, amount: float) -> None:
        """Hear that it paid a fine [USD], which says nothing about what slots are worth."""
        self._paid += amount

    def _look_back(self, seen: BlockView) -> None:
        """If it led the last slot, learn from what that brought."""
        if self._held is not None and self._looked_at in self._visible:
            brought = float(((seen.funds - self._held) @ seen.prices).sum()) + self._paid
            unseen = brought - self._visible.pop(self._looked_at)
            self.unseen_usd += self.memory * (unseen - self.unseen_usd)
        self._held, self._paid, self._looked_at = seen.funds.copy(), 0.0, seen.slot

    def _worth(self, seen: BlockView) -> float:
        """Tips and gas that wait, and the profit of what it would insert [USD]."""
        seen = self.hedging.net(seen)
        _, gain, tips = insert(seen, cost_usd=self.least_usd, ties=self.ties(seen))
        return gain + tips + float(seen.gas[seen.due["rollup"]].sum())
