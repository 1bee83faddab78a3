"""A builder that bids its value less a margin, and moves the margin with its wins and losses."""

from __future__ import annotations

from agents.builders.base import Builder
from market.access.seat import Seat


class AdaptiveMargin(Builder):
    """Multiplicative margin: larger after a win, smaller after a defeat by somebody it could have outbid.

    Parameters
    ----------
    margin
        first share of the value kept [1]
    pace
        relative change of the margin after an auction [1]
    sandwich
        whether it front-runs users
    """

    def __init__(
        self,
        seat: Seat,
        margin: float = 0.2,
        pace: float = 0.05,
        sandwich: bool = True,
    ) -> None:
        super().__init__(seat, sandwich=sandwich)
        if not (0.0 < margin < 1.0 and 0.0 < pace < 1.0):
            raise ValueError(f"margin and pace must lie in (0, 1), not {margin} and {pace}")
        self.margin, self.pace = margin, pace
        self._value = 0.0

    def bid(self, value: float) -> float:
        """Value less the margin; nothing for a block worth nothing."""
        self._value = value
        return max(0.0, value * (1.0 - self.margin))

    def heard(self, won: bool, paid: float, highest: float) -> None:
        """Ask for more after a win, for less after a defeat that a smaller margin would have avoided."""
        if self._value <= 0.0:
            return
        if won:
            self.margin = min(0.95, self.margin * (1.0 + self.pace))
        elif highest < self._value:
            self.margin = max(0.001, self.margin * (1.0 - self.pace))
