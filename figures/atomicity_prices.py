"""Price gaps between rollups, by how the legs of bundles are executed."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _atomicity as atomicity

CAPTION = (
    "Price dispersion across three equal rollups, in one domain whose bundles are executed all or none (atomic) or "
    "included all or none (included), and in three domains leg by leg (legged). Columns: block time, volatility, and "
    "chance of a missed slot, one varied at a time; means with 95% intervals over seeds that all share."
)
ROWS = {"dispersion_bp": ("dispersion", "dispersion [bp]", 1.0)}


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    return atomicity.draw(summary, ROWS)
