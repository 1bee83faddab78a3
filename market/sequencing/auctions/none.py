"""The right to build is not sold: the leader builds."""

from __future__ import annotations

from typing import Literal

from market.sequencing import Part

KIND = "none"


class NoAuction(Part):
    """No auction."""

    kind: Literal["none"] = "none"

    def hold(self, slot) -> None:  # noqa: ANN001
        """Nothing is sold."""
