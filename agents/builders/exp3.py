"""A builder that learns its margin by exponential weights, from nothing but what its own bids earned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.bidding.shading import MARGINS, Shading
from agents.builders.base import Builder
from agents.learning import Exp3
from market.access.seat import Seat


class Exp3Margin(Builder):
    """Exp3 over a grid of margins: no regret against the best fixed margin, whatever the rivals do.

    Source: P. Auer, N. Cesa-Bianchi, Y. Freund and R. Schapire (2002), The nonstochastic multiarmed bandit problem,
    SIAM Journal on Computing 32.

    Parameters
    ----------
    margins
        shares of the value that may be kept [1]
    rate
        learning rate, per share of a block's value earned [1]
    explore
        share of auctions in which it tries any margin [1]
    sandwich
        whether it front-runs users
    """

    def __init__(
        self,
        seat: Seat,
        margins: Sequence[float] = MARGINS,
        rate: float = 0.2,
        explore: float = 0.1,
        sandwich: bool = True,
    ) -> None:
        super().__init__(seat, sandwich=sandwich)
        if not (rate > 0.0 and 0.0 < explore <= 1.0):
            raise ValueError(f"rate must be positive and explore lie in (0, 1], not {rate} and {explore}")
        self._explore = explore
        seed = int(self.rng_own.integers(2**63))
        self.shading = Shading(lambda grid, states: Exp3(grid, rate, explore, seed=seed), margins)

    def bid(self, value: float) -> float:
        """Value less the margin drawn; nothing, and nothing learned, for a block worth nothing."""
        return value * (1.0 - self.shading.margin(value)) if value > 0.0 else 0.0

    def heard(self, won: bool, paid: float, highest: float) -> None:
        """Learn what the margin earned."""
        self.shading.heard(won, paid, highest)

    def frozen(self) -> tuple[str, dict[str, Any]]:
        """Strategy and parameters that play what was learned, without what is merely explored."""
        merely = 1.5 * self._explore / self.shading.learner.actions.size
        return "mixed_margin", self.shading.frozen(kept=merely) | {"sandwich": self.sandwich}
