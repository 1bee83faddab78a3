"""Every slot has its block at once: one operator that nobody needs to agree with."""

from __future__ import annotations

from typing import Literal

from market.sequencing.consensus.base import Consensus


class Instant(Consensus):
    """The operator's word is the block: soft finality at once, hard finality when L1 has it."""

    kind: Literal["instant"] = "instant"
