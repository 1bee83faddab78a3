"""A sequencer that learns by Q-learning what to bid for leading a slot; it has never heard of collusion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.bidding.shading import MARGINS, Shading
from agents.learning import QLearning
from agents.sequencers.slot_bidder import SlotBidder
from market.access.observation import BlockView
from market.access.seat import Seat


class QLearningBidder(SlotBidder):
    """Q-learning over a grid of margins on what it estimates a slot to be worth.

    Parameters
    ----------
    margins
        shares of the value that may be kept [1]
    rate, discount
        learning rate in (0, 1] and patience in [0, 1) of the learner [1]
    decay
        it explores in auction t with probability exp(-decay t) [1 / auction]
    start
        value at which all margins start, as a share of the slot's [1]
    monitoring
        whether it remembers the last auction's highest bid
    first_usd
        what it thinks a slot worth before it has led one [USD]
    least_usd
        profit below which an insertion is not worth its while [USD]
    """

    def __init__(
        self,
        seat: Seat,
        margins: Sequence[float] = MARGINS,
        rate: float = 0.05,
        discount: float = 0.0,
        decay: float = 2e-3,
        start: float = 0.2,
        monitoring: bool = False,
        first_usd: float = 0.1,
        least_usd: float = 0.05,
    ) -> None:
        super().__init__(seat, first_usd=first_usd, least_usd=least_usd)
        if not (0.0 < rate <= 1.0 and 0.0 <= discount < 1.0 and decay >= 0.0):
            raise ValueError("rate must lie in (0, 1], discount in [0, 1), decay must not be negative")
        seed = int(self.rng_own.integers(2**63))
        self.shading = Shading(
            lambda grid, states: QLearning(
                grid, states, rate, discount, decay, start=start / (1.0 - discount), seed=seed
            ),
            margins,
            (),
            monitoring,
        )

    def bid_for_slot(self, seen: BlockView, slot: int) -> float:
        """Estimated value less the margin chosen."""
        super().bid_for_slot(seen, slot)
        if self._value <= 0.0:
            return 0.0
        self.margin = self.shading.margin(self._value)
        return self._value * (1.0 - self.margin)

    def heard_slot(self, slot: int, won: bool, paid: float, highest: float) -> None:
        """Learn what the margin earned."""
        super().heard_slot(slot, won, paid, highest)
        self.shading.heard(won, paid, highest)

    def frozen(self) -> tuple[str, dict[str, Any]]:
        """Strategy and parameters that play what was learned in every state, and go on estimating values."""
        actions = self.shading.learner.actions
        margins = [float(actions[policy.index(max(policy))]) for policy in self.shading.policies()]
        by_price = margins if len(margins) > 1 else []
        return "fixed_margin", {"margin": margins[0], "by_price": by_price, "least_usd": self.floor_usd}
