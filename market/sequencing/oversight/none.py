"""Nobody watches."""

from __future__ import annotations

import math
from typing import Literal

from market.sequencing.oversight.base import Oversight


class NoOversight(Oversight):
    """Nobody watches."""

    kind: Literal["none"] = "none"

    @property
    def idle_until(self) -> float:
        """It has nothing to do with any slot."""
        return math.inf
