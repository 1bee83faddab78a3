"""Whoever leads proposes the block, and nobody votes on it: sometimes there is no proposal.

So it is with L1's proposers from a rollup's point of view, and with a single operator that fails now and then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from market.sequencing.consensus.base import Consensus

if TYPE_CHECKING:
    from market.domain import Domain


class Proposer(Consensus):
    """A block as soon as its leader has sent it, and none where it sends none."""

    kind: Literal["proposer"] = "proposer"
    base_s: float = Field(
        default=0.001, ge=0, allow_inf_nan=False, description="latency: making and sending a block [s]"
    )
    miss: float = Field(default=0.0, ge=0, lt=1, description="chance that a leader proposes nothing [1]")

    def delay(self) -> float:
        """Return the time that a block takes [s]."""
        return self.base_s

    def agrees(self, domain: Domain, leader: int, rng: np.random.Generator) -> bool:
        """Draw whether there is a proposal."""
        return rng.random() >= self.miss
