"""The operator keeps tips, gas and bids."""

from __future__ import annotations

import math
from typing import Literal

from market.sequencing.revenue.base import Revenue


class Keep(Revenue):
    """What comes in stays with whoever received it."""

    kind: Literal["keep"] = "keep"

    @property
    def idle_until(self) -> float:
        """It has nothing to do with any slot."""
        return math.inf
