"""Atomic execution: the members of a bundle take effect on all of its rollups, or on none.

Needs more than a shared sequencer: rollups that can revert together, or builders who execute for all of them and answer
for the outcome. Source: Bearer, Bunz, Camacho et al. (2024), The Espresso sequencing network, IACR ePrint 2024/1189.
"""

from __future__ import annotations

from typing import Literal

from market.sequencing.guarantees.base import Guarantees


class AtomicExecution(Guarantees):
    """A bundle is executed as a whole."""

    kind: Literal["execution"] = "execution"
