"""Every rollup the same."""

from __future__ import annotations

from typing import Literal

import numpy as np

from market.venues.mining.splits._rule import Found, Split


class Equal(Split):
    """The same for every rollup on which anything is paid for."""

    kind: Literal["equal"] = "equal"

    def weights(self, found: Found) -> np.ndarray:
        """Return equal parts."""
        return found.there / max(1, int(found.there.sum()))
