"""Blocks hold whatever is due."""

from __future__ import annotations

from typing import Literal

from market.sequencing.capacity.base import Capacity


class Unlimited(Capacity):
    """Blocks hold whatever is due."""

    kind: Literal["unlimited"] = "unlimited"
