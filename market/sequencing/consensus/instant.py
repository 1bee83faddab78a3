"""Every slot has its block at once: one operator that never fails."""

from __future__ import annotations

from typing import Literal

from market.sequencing.consensus.base import Consensus


class Instant(Consensus):
    """Every slot has its block at once: one operator that never fails."""

    kind: Literal["instant"] = "instant"
