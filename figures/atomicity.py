"""Cross-rollup arbitrage, legs executed as a whole, included as a whole, and one by one, under varied conditions."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _atomicity as atomicity

CAPTION = (
    "Arbitrage between three equal rollups, in one domain whose bundles are executed all or none (atomic) or included "
    "all or none (included), and in three domains leg by leg (legged). Columns: "
    "block time, volatility, and chance of a missed slot, one varied at a time; means with 95% intervals "
    "over seeds that both share. Top: realised profit as a share of the profit quoted when cycles were sent. "
    "Bottom: share of cycles of which a leg failed."
)
ROWS = {
    "capture_rate": ("profit", "profit realised [%]", 100.0), "leg_failures": ("broken", "broken cycles [%]", 100.0)
}  # fmt: skip


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    return atomicity.draw(summary, ROWS)
