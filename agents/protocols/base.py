"""The base of protocols."""

from __future__ import annotations

from agents.base import StrategicAgent
from market.access.networks import NetworksSeen


class Protocol(StrategicAgent):
    """Decides which network its rollup is in, where the regime lets rollups move."""

    role = "protocol"

    def choose(self, seen: NetworksSeen) -> int:
        """Return the network that the rollup is to be in, 0 for a sequencer of its own; called at every review.

        A rollup whose move is announced and has not taken effect stays bound to it.
        """
        return seen.network
