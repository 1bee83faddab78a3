"""Recorded crashes in which every sequencer fails for half an hour, apart and together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures import _shared as shared
from figures import _stress_replay as replay

CAPTION = (
    "Recorded crashes replayed on six rollups with leveraged borrowers, in which every sequencer fails once for 33 "
    "minutes (Base, 5 August 2025) around the steepest bar: apart at times of their own, shared at one. Grace: nobody "
    "is liquidated for an hour after. A point per seed, means with 95% intervals. (a) Liquidated volume less that of "
    "the same seed in the first row. (b) Bad debt. (c) Share of liquidated volume that falls into the busiest minute. "
    "(d) Users' delay from submission to inclusion. (e) Value extracted by arbitrage, sandwiches and liquidations."
)


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    return replay.draw(shared.rows(summary, np.asarray(summary["outage"] != "")))
