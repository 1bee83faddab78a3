"""A builder that learns its margin by Q-learning; it has never heard of collusion, or of the auction's rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.bidding.shading import MARGINS, Shading
from agents.builders.base import Builder
from agents.learning import QLearning
from market.access.seat import Seat


class QLearningMargin(Builder):
    """Q-learning over a grid of margins.

    Source: M. Banchio and A. Skrzypacz (2022), Artificial intelligence and auction design, arXiv 2202.05947.

    Parameters
    ----------
    margins
        shares of the value that may be kept [1]
    rate, discount
        learning rate in (0, 1] and patience in [0, 1) of the learner [1]
    decay, floor
        it explores in auction t with probability max(exp(-decay t), floor) [1 / auction, 1]
    start
        value at which all margins start, as a share of the block's; above what can be earned is optimistic [1]
    edges_usd
        values from which on blocks count as larger, and are learned apart [USD]
    monitoring
        whether it remembers the last auction's highest bid
    sandwich
        whether it front-runs users
    """

    def __init__(
        self,
        seat: Seat,
        margins: Sequence[float] = MARGINS,
        rate: float = 0.05,
        discount: float = 0.0,
        decay: float = 2e-3,
        floor: float = 0.0,
        start: float = 0.2,
        edges_usd: Sequence[float] = (),
        monitoring: bool = False,
        sandwich: bool = True,
    ) -> None:
        super().__init__(seat, sandwich=sandwich)
        if not (0.0 < rate <= 1.0 and 0.0 <= discount < 1.0 and decay >= 0.0 and 0.0 <= floor <= 1.0):
            raise ValueError("rate must lie in (0, 1], discount in [0, 1), floor in [0, 1], decay must not be negative")
        seed = int(self.rng_own.integers(2**63))
        self.shading = Shading(
            lambda grid, states: QLearning(
                grid, states, rate, discount, decay, floor, start=start / (1.0 - discount), seed=seed
            ),
            margins,
            edges_usd,
            monitoring,
        )

    def bid(self, value: float) -> float:
        """Value less the margin chosen; nothing, and nothing learned, for a block worth nothing."""
        return value * (1.0 - self.shading.margin(value)) if value > 0.0 else 0.0

    def heard(self, won: bool, paid: float, highest: float) -> None:
        """Learn what the margin earned."""
        self.shading.heard(won, paid, highest)

    def frozen(self) -> tuple[str, dict[str, Any]]:
        """Strategy and parameters that play what was learned, without exploration."""
        return "mixed_margin", self.shading.frozen(kept=0.5) | {"sandwich": self.sandwich}
