"""Blocks hold whatever is due."""

from __future__ import annotations

import math
from typing import Literal

from market.sequencing.capacity.base import Capacity


class Unlimited(Capacity):
    """Blocks hold whatever is due."""

    kind: Literal["unlimited"] = "unlimited"

    @property
    def idle_until(self) -> float:
        """It has nothing to do with an empty block, unless data on L1 has a price, which it follows."""
        return math.inf if self.l1_data is None else -math.inf
