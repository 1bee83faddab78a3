"""One operator orders every slot of its domain."""

from __future__ import annotations

from typing import Literal

import numpy as np

from market.sequencing import Part


class Operator(Part):
    """A single sequencer."""

    kind: Literal["operator"] = "operator"

    def seats(self) -> int:
        """Return the number of sequencers of a domain."""
        return 1

    def choose(self, slot: int, rng: np.random.Generator) -> int:
        """Seat of the leader of a slot."""
        return 0
