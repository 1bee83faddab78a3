"""What a bidder learns from its wins who cannot know what it buys.

Behind a block whose contents are sealed it bids on what the pools look like before the block, and what others trade in
it decides what the place is worth. What wins have brought, over what they promised, tells how much of a promise to pay
for: so whoever has lost bids less, and whoever has gained more than it thought bids more. In a second-price auction
that is the bid to make: the value expected of a win. Whoever does not win learns nothing, and slowly goes back to
taking promises at their word; else the one with the luckiest past would have all places at what the unlucky ones bid.
"""

from __future__ import annotations

MEMORY = 0.1
"""Weight of the newest win [1]."""
FORGETTING = 0.002
"""Weight of a promise that was not bought [1]."""


class Experience:
    """Sums over past wins, the older the less: of what they promised and of what they brought."""

    def __init__(self) -> None:
        self._promised, self._brought = 0.0, 0.0

    @property
    def share(self) -> float:
        """What wins have brought over what they promised [1]; 1 before the first."""
        return self._brought / self._promised if self._promised > 0.0 else 1.0

    def won(self, promised: float, brought: float) -> None:
        """Take in a win that promised something [USD, above 0], and what it brought, which may be a loss [USD]."""
        self._take(promised, brought, MEMORY)

    def lost(self, promised: float) -> None:
        """Take in that somebody else bought what promised something [USD, above 0]."""
        self._take(promised, promised, FORGETTING)

    def _take(self, promised: float, brought: float, weight: float) -> None:
        if self._promised <= 0.0:  # no more is made of the first than of any other
            self._promised = self._brought = promised
        self._promised += weight * (promised - self._promised)
        self._brought += weight * (brought - self._brought)
