"""By stated parts."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from market.settings import NonNegative
from market.venues.mining.splits._rule import Found, Split


class Fixed(Split):
    """In proportion to a number for each rollup, in the order of the configuration."""

    kind: Literal["fixed"] = "fixed"
    parts: tuple[NonNegative, ...] = Field(min_length=1, description="a number for each rollup [1]")

    @model_validator(mode="after")
    def _some(self) -> Fixed:
        if not sum(self.parts) > 0.0:
            raise ValueError("parts must not all be 0")
        return self

    def weights(self, found: Found) -> np.ndarray:
        """Return what is stated."""
        return np.array(self.parts) / sum(self.parts)

    def rollups(self) -> int | None:
        """Return for how many rollups there is a number."""
        return len(self.parts)
