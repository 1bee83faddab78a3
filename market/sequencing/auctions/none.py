"""The right to build is not sold: the leader builds."""

from __future__ import annotations

from typing import Literal

from market.sequencing import Part


class NoAuction(Part):
    """No auction."""

    kind: Literal["none"] = "none"

    def hold(self, slot) -> None:
        """Nothing is sold."""
