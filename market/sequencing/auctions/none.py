"""The right to build is not sold: the leader builds."""

from __future__ import annotations

import math
from typing import Literal

from market.sequencing import Part


class NoAuction(Part):
    """No auction."""

    kind: Literal["none"] = "none"

    @property
    def idle_until(self) -> float:
        """It has nothing to do with any slot."""
        return math.inf

    def hold(self, slot) -> None:
        """Nothing is sold."""
