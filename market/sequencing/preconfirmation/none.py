"""Nothing is promised before the block."""

from __future__ import annotations

import math
from typing import Literal

from market.sequencing.preconfirmation.base import Preconfirmation


class NoPromises(Preconfirmation):
    """Nothing is promised before the block."""

    kind: Literal["none"] = "none"

    @property
    def idle_until(self) -> float:
        """It has nothing to do with any slot."""
        return math.inf
