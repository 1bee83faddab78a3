"""Intents are sent to builders, not to the operator; searchers listen to the part that is gossiped.

Each builder receives an intent with the probability of its order-flow access, by a draw that the sender made when it
sent: so the same intent reaches the same builders in every regime and for every strategy.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from market.intents.rows import taken
from market.sequencing.visibility.base import NOTHING, Visibility


class Builders(Visibility):
    """A channel to builders, and public gossip of a share of users' intents."""

    kind: Literal["builders"] = "builders"
    access: float = Field(0.9, ge=0, le=1, description="chance that a user's intent reaches a given builder [1]")
    gossip: float = Field(0.6, ge=0, le=1, description="share of users' intents that searchers see [1]")
    readers: ClassVar[frozenset[str]] = frozenset({"builder", "trader"})

    def received(self, account: int, rows: np.ndarray) -> np.ndarray:
        """Mask of the intents that one builder received: gossip and what was sent to builders reach all.

        A strategic sender sends to all builders (its draw is 0). A user's draw is turned by an irrational step per
        builder, which gives each builder its own uniform draw.
        """
        own = np.mod(rows["route"] * 1009.0 + account * 0.6180339887498949, 1.0)
        return (rows["route"] < self.gossip) | (own < self.access)

    def select(self, account: int, rows: np.ndarray) -> np.ndarray:
        """Gossip: what searchers listen to. It holds no bundle and nothing sent to builders alone."""
        route = rows["route"]
        return taken(rows, ((route > 0.0) & (route < self.gossip)).nonzero()[0])

    def show(self, role: str, account: int, rows: np.ndarray, time: float) -> np.ndarray:
        """Searchers see the gossip, builders what they received."""
        if role not in self.readers:
            return NOTHING
        arrived = taken(rows, (rows["arrival"] <= time).nonzero()[0])
        return arrived[self.received(account, arrived)] if role == "builder" else self.select(account, arrived)
