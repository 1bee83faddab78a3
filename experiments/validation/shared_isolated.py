"""Rollups alone and rollups whose pools atomic arbitrage holds together: who runs away, and who pays for it.

Derived from `cascade`. Alone, rollup i runs away iff psi_i >= 1. Where arbitrage between the pools costs nothing and
cannot fail, the pools are one pool of X = sum X_i, and it runs away iff sum X_i psi_i / X >= 1. With X = (1000, 1000,
2000), psi = (1.3, .2, .2), a shock of .01 and borrowers over one unit of log price: (1, .0125, .0125) of the collateral
is liquidated alone, .0190 everywhere together. So sharing a sequencer saves the first rollup at the cost of the others.

Oracles read their pool every twenty blocks, and arbitrage works faster than that. These are fixed points: each market
is run until it has reached its own, which is so if nobody is liquidated in the last quarter of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._cascades import BLOCK_S, PRICE_USD, Crowd, liquidated, place, pools_fall
from experiments.validation._markets import Watched, asset, still, trader
from experiments.validation._rows import mean_and_error, row
from experiments.validation.cascade import final_drop
from market.config import OracleConfig

ID = "M11"
TITLE = "Shared and isolated rollups"

SHOCK, SPREAD = 0.01, 1.0
SEEDS, QUICK_SEEDS = 20, 10
RELATIVE = 0.03
READING_BLOCKS = 20
POSITIONS = 40_000
CROWDS = (
    Crowd(1000.0, 1.3, SPREAD, POSITIONS),
    Crowd(1000.0, 0.2, SPREAD, POSITIONS),
    Crowd(2000.0, 0.2, SPREAD, POSITIONS),
)


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Share of the collateral that is liquidated on each rollup, and whether it still moves at the end."""
    reserves = np.array([crowd.reserve for crowd in CROWDS])
    together = float(reserves @ [crowd.psi for crowd in CROWDS] / reserves.sum())
    expected = {
        "siloed": [min(SPREAD, final_drop(crowd.psi, SHOCK)) for crowd in CROWDS],
        "centralized_shared": [final_drop(together, SHOCK)] * len(CROWDS),
    }
    for regime, shares in expected.items():
        runs = np.array([_shares(regime, seed) for seed in range(QUICK_SEEDS if quick else SEEDS)])
        early, found = runs[:, 0], runs[:, 1]
        yield row(ID, regime, "liquidated in the last quarter", 0.0, float((found - early).max()), 0.0)
        for at, share in enumerate(shares):
            mean, error = mean_and_error(found[:, at])
            case = f"{regime}, X={CROWDS[at].reserve:g}, psi={CROWDS[at].psi:g}"
            yield row(ID, case, f"liquidated share, rollup {at}", share, mean, RELATIVE * share, error)


def _shares(regime: str, seed: int) -> np.ndarray:
    """Liquidated share of the collateral by rollup, after three quarters of the run and at its end: (2, rollups)."""
    shared = regime != "siloed"
    # where everybody is liquidated, how many they are does not matter
    crowds = CROWDS if shared else (CROWDS[0]._replace(borrowers=5_000), *CROWDS[1:])
    oracle = OracleConfig(
        source="pool", deviation_bp=1e9, heartbeat_s=READING_BLOCKS * BLOCK_S, delay_s=0.0
    )  # fmt: skip
    places = [place(f"r{at}", crowd, SHOCK, oracle=oracle) for at, crowd in enumerate(crowds)]
    arbitrage = (trader("arbitrageur", 1e9, outside=False, least_usd=0.0),) if shared else ()
    config = still(
        [spot for spot, _ in places], [asset("ETH", PRICE_USD)], (*places[0][1], *arbitrage), regime=regime,
        horizon_s=READING_BLOCKS * BLOCK_S * (20 if shared else 120),
    )  # fmt: skip
    config = config.model_copy(update={"regime": config.regime.model_copy(update={"block_time_s": BLOCK_S})})
    market = Watched(config, seed)
    pools_fall(market, list(crowds), SHOCK)
    found = []
    for share in (0.75, 1.0):
        market.run_until(share * config.horizon_s)
        found.append([liquidated(market, at) / (crowd.density * SPREAD) for at, crowd in enumerate(CROWDS)])
    return np.array(found)
