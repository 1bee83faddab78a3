"""Nothing is ever paused."""

from __future__ import annotations

from typing import Literal

from market.sequencing.breakers.base import Breaker


class NoBreaker(Breaker):
    """Nothing is ever paused."""

    kind: Literal["none"] = "none"
