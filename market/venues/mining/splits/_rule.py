"""What a rule is told of the rollups."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from market.settings import Settings


class Found(NamedTuple):
    """What is known of each rollup as a payment is due: arrays of shape (rollups,)."""

    there: np.ndarray
    """whether anything that is paid for can stand there"""
    depth: np.ndarray
    """value in its pools, and underlying that is quoted closely enough, as far as the programme pays for them [USD]"""
    volume: np.ndarray
    """value swapped there, and underlying of options traded, since the last payment, likewise [USD]"""


class Split(Settings):
    """Base of every rule; each states its `kind` as a literal, the name of its file."""

    def weights(self, found: Found) -> np.ndarray:
        """Return the part of the payment that is for each rollup, at most 1 together: shape (rollups,) [1]."""
        raise NotImplementedError

    def rollups(self) -> int | None:
        """Return how many rollups the rule names; None: it takes any number."""
        return None
