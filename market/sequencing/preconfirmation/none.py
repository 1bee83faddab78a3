"""Nothing is promised before the block."""

from __future__ import annotations

from typing import Literal

from market.sequencing.preconfirmation.base import Preconfirmation


class NoPromises(Preconfirmation):
    """Nothing is promised before the block."""

    kind: Literal["none"] = "none"
