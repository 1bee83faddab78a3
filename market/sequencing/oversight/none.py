"""Nobody watches."""

from __future__ import annotations

from typing import Literal

from market.sequencing.oversight.base import Oversight


class NoOversight(Oversight):
    """Nobody watches."""

    kind: Literal["none"] = "none"
