"""A cascade of liquidations on a pool that its own oracle reads.

Derived. A pool holds X units of an asset; collateral is spread with density g units of the asset per unit of log price
below the first liquidation price, and all of it is sold on the pool when it is liquidated. A sale of q takes the log
price of a constant-product pool down by 2 ln(1 + q / X), so that a shock eps ends at the least d with

    d = eps + 2 ln(1 + g d / X),

about eps / (1 - psi) with psi = 2 g / X below one, and far from eps from one on. The market knows nothing of this:
borrowers have loans, the oracle posts the pool's price, liquidators take what pays and sell it on the pool.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._cascades import PRICE_USD, Crowd, liquidated, log_drop, place, pools_fall
from experiments.validation._markets import Watched, asset, still
from experiments.validation._rows import mean_and_error, row

ID = "M9"
TITLE = "Liquidation cascade on a pool"

RESERVE, SHOCK = 1000.0, 0.01
POSITIONS, SEEDS, QUICK_SEEDS = 40_000, 20, 5
RELATIVE = 0.03
RANGES = {0.2: 0.02, 0.5: 0.035, 0.8: 0.08, 0.9: 0.14, 1.0: 0.3}
"""For each psi the range of log price that holds the borrowers: wider than the cascade goes."""


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Mean depth of the cascade over seeds; `quick` leaves out the slow cases near psi = 1 and runs fewer seeds."""
    for psi, spread in RANGES.items():
        if quick and psi > 0.85:
            continue
        crowd = Crowd(RESERVE, psi, spread, POSITIONS // 2 if quick else POSITIONS)
        found = np.array([_fall(crowd, seed) for seed in range(QUICK_SEEDS if quick else SEEDS)])
        expected = final_drop(psi, SHOCK)
        for name, sample in zip(("final log drop", "liquidated over density"), found.T, strict=True):
            mean, error = mean_and_error(sample)
            yield row(ID, f"psi={psi:g}, shock {SHOCK:g}", name, expected, mean, RELATIVE * expected, error)


def final_drop(psi: float, shock: float) -> float:
    """Least solution of d = shock + 2 ln(1 + psi d / 2): waves of liquidations in the limit of many small loans."""
    drop = 0.0
    for _ in range(100_000):
        last, drop = drop, shock + 2.0 * np.log1p(0.5 * psi * drop)
        if drop - last <= 1e-15:
            break
    return float(drop)


def _fall(crowd: Crowd, seed: int) -> tuple[float, float]:
    """Log price drop of the pool once nobody is liquidated any more, and collateral liquidated over its density."""
    rollup, agents = place("one", crowd, SHOCK)
    market = Watched(still([rollup], [asset("ETH", PRICE_USD)], agents, horizon_s=600.0), seed)
    pools_fall(market, [crowd], SHOCK)
    market.run()
    return log_drop(market, 0), liquidated(market, 0) / crowd.density
