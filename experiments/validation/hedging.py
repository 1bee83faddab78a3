"""Hedging an option from time to time: how far the result is from what the option was worth.

Derived, and checked by quadrature and by drawn prices. An option at the money (S = K = 100, 80% a year, 30 days) is
written at what it is worth and hedged n times, evenly; the error has the standard deviation 1.4262, .7248 and .2989 for
n = 30, 120 and 720. Where each hedge but the first is carried out 1 or 2 hours after it is decided, it is .8317 and
.9263 for n = 120. Continuous limits are E[age of the hedge] times I (M12; P. Boyle and D. Emanuel 1980, Discretely
adjusted option hedges, Journal of Financial Economics 8), which is 2 to 5% more. On average the error is nothing.

The delay is the latency of the hedger's own messages. The age of hedges is what the hedger itself notes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._hedging import HOUR_S, Scene, hedged, sd_and_error
from experiments.validation._rows import mean_and_error, row, three_errors

ID = "K4"
TITLE = "Hedges at finite distances and with delays: the error of an option's replication"

SCENES = {
    "n=30": (1.4262, 40, Scene(24.0 * HOUR_S, 30)),
    "n=120": (0.7248, 40, Scene(6.0 * HOUR_S, 120)),
    "n=720": (0.2989, 10, Scene(HOUR_S, 720)),
    "n=120, 1 h late": (0.8317, 20, Scene(HOUR_S, 720, every=6, latency_s=HOUR_S)),
    "n=120, 2 h late": (0.9263, 20, Scene(HOUR_S, 720, every=6, latency_s=2.0 * HOUR_S)),
}
"""What is known of each way to hedge [USD], how many markets it runs in, and the way."""
DIGIT = 1e-4
QUICK_SHARE = 0.1


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Standard deviation and mean of the error, and the mean age of hedges, of each way; `quick`: in fewer markets."""
    for case, (known, markets, scene) in SCENES.items():
        count = max(1, round(QUICK_SHARE * markets)) if quick else markets
        found = [ran for seed in range(count) if (ran := hedged(scene, seed)) is not None]
        errors = np.concatenate([each for each, _ in found])
        sd, error = sd_and_error(errors)
        yield row(ID, case, "standard deviation of the error, USD", known, sd, three_errors(error, digit=DIGIT), error)
        mean, error = mean_and_error(errors)
        yield row(ID, case, "mean error, USD", 0.0, mean, three_errors(error), error)
        if scene.every == 1:  # else the first hedge is not as old as the others
            age = float(np.mean([age for _, age in found])) / HOUR_S
            # looks come a moment before blocks
            yield row(ID, case, "mean age of hedges, first half, h", 0.5 * scene.block_s / HOUR_S, age, 5e-3)
