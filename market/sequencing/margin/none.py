"""The sequencer checks nothing."""

from __future__ import annotations

import math
from typing import Literal

from market.sequencing.margin.base import Margin


class NoCheck(Margin):
    """The sequencer checks nothing."""

    kind: Literal["none"] = "none"

    @property
    def idle_until(self) -> float:
        """It has nothing to do with any slot."""
        return math.inf
