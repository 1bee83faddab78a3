"""Nobody can force an inclusion."""

from __future__ import annotations

from typing import Literal

from market.sequencing.forced_inclusion.base import ForcedInclusion


class NoEscape(ForcedInclusion):
    """Nobody can force an inclusion."""

    kind: Literal["none"] = "none"
