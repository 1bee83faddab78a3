"""Nobody decides: the rules stay as they are."""

from __future__ import annotations

from typing import Literal

from market.sequencing.governance.base import Governance


class NoGovernance(Governance):
    """Nobody decides: the rules stay as they are."""

    kind: Literal["none"] = "none"
