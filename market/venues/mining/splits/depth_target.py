"""To rollups that lack depth."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from market.settings import Positive
from market.venues.mining.splits._rule import Found, Split


class DepthTarget(Split):
    """In proportion to what each rollup lacks of a depth; where none lacks any, nothing is paid."""

    kind: Literal["depth_target"] = "depth_target"
    target_usd: Positive = Field(
        default=10e6, description="value that there is to be in the pools, or quoted, on a rollup [USD]"
    )

    def weights(self, found: Found) -> np.ndarray:
        """Return parts of what is lacking."""
        lacking = np.where(found.there, np.maximum(self.target_usd - found.depth, 0.0), 0.0)
        total = float(lacking.sum())
        return lacking / total if total > 0.0 else lacking
