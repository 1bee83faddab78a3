"""Nobody can force an inclusion."""

from __future__ import annotations

import math
from typing import Literal

from market.sequencing.forced_inclusion.base import ForcedInclusion


class NoEscape(ForcedInclusion):
    """Nobody can force an inclusion."""

    kind: Literal["none"] = "none"

    @property
    def idle_until(self) -> float:
        """It has nothing to do with any slot."""
        return math.inf
