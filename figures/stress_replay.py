"""Recorded crashes under every regime: what is liquidated, how much at once, how long users wait, who earns."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures import _shared as shared
from figures import _stress_replay as replay

CAPTION = (
    "Recorded crashes replayed on six rollups with leveraged borrowers, the same stretch and the same seeds under "
    "every sequencing regime; a point per seed, means with 95% intervals. (a) Liquidated volume less that "
    "of the same seed on separate rollups. (b) Bad debt. (c) Share of liquidated volume that falls into the "
    "busiest minute. (d) Users' delay from submission to inclusion. (e) Value extracted by arbitrage, sandwiches and "
    "liquidations."
)


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    return replay.draw(shared.rows(summary, np.asarray(summary["outage"] == "")))
