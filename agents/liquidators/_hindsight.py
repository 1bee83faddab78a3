"""What a bidder learns from what it has won: how much less lots are worth when they are had than when bid for."""

from __future__ import annotations

Lot = tuple[int, int]
"""Venue and number of an auction."""


class Hindsight:
    """Running mean of what lots that were won lost on the way, over their value; a gain counts as nothing.

    In an ascending auction the winner bears the price until it settles, and wins most often what has fallen since.

    Parameters
    ----------
    memory
        weight of the last lot [1]; 0: nothing is learned
    """

    def __init__(self, memory: float) -> None:
        self.memory, self.shift = memory, 0.0
        self._then: dict[Lot, tuple[float, float]] = {}

    def bid(self, lot: Lot, worth: float, value: float) -> None:
        """Keep what a lot is worth to the bidder as it bids, and the value of what is sold [any one unit]."""
        self._then[lot] = worth, value

    def won(self, lot: Lot, worth: float) -> None:
        """Compare with what it is worth now that it is had; what was not bid for is not learned from."""
        if lot in self._then:
            worth_then, value = self._then.pop(lot)
            self.shift += self.memory * ((worth - worth_then) / value - self.shift)

    def allowance(self, value: float) -> float:
        """What to take off the worth of a lot of this value for what it will lose: at least 0."""
        return max(0.0, -self.shift) * value
