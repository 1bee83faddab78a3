"""The sequencer checks nothing."""

from __future__ import annotations

from typing import Literal

from market.sequencing.margin.base import Margin


class NoCheck(Margin):
    """The sequencer checks nothing."""

    kind: Literal["none"] = "none"
