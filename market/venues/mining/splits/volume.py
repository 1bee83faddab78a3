"""By volume."""

from __future__ import annotations

from typing import Literal

import numpy as np

from market.venues.mining.splits._rule import Found, Split


class Volume(Split):
    """In proportion to what was traded on each rollup since the last payment; the same for all where nothing was."""

    kind: Literal["volume"] = "volume"

    def weights(self, found: Found) -> np.ndarray:
        """Return parts of the volume."""
        total = float(found.volume.sum())
        return found.volume / total if total > 0.0 else found.there / max(1, int(found.there.sum()))
