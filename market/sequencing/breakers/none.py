"""Nothing is ever paused."""

from __future__ import annotations

import math
from typing import Literal

from market.sequencing.breakers.base import Breaker


class NoBreaker(Breaker):
    """Nothing is ever paused."""

    kind: Literal["none"] = "none"

    @property
    def idle_until(self) -> float:
        """It has nothing to do with any slot."""
        return math.inf
