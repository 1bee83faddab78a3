"""Circuit breakers where nobody anticipates them: no magnet.

Source: H. Chen, A. Petukhov, J. Wang, H. Xing (2024), The dark side of circuit breakers, J. Finance 79: traders who
anticipate a halt pull the price to it. Evidence from European volatility interruptions has the other sign, so nothing
of it may be built in. Null: a log price that moves by itself with volatility sigma falls by b within T with chance
2 Phi(-(b + .5826 sigma sqrt(dt)) / (sigma sqrt(T))), looked at every dt (the shift: Broadie, Glasserman, Kou 1997); and
where arbitrageurs and retail traders do not look at the breaker, the pool's price reaches the threshold as often, and
as early, as where the breaker pauses nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import norm

from experiments.validation._markets import YEAR_S, Watched, asset, pool, rollup, still, trader
from experiments.validation._rows import mean_and_error, row
from market import regimes
from market.config import FlowConfig, MarketConfig, PriceConfig

ID = "M16"
TITLE = "Circuit breakers that nobody anticipates"

SIGMA, LOOK_S, LOOKS = 0.8, 15.0, 240
BARRIERS = (0.006, 0.0085, 0.012)
RUNS, QUICK_RUNS = 800, 120
PAIRS, QUICK_PAIRS = 100, 20
SHIFT = 0.5826
ERRORS = 3.0  # standard errors that a simulated chance may be off


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Chance to set off a breaker on the outside price, then a market with its breaker and without."""
    deepest = np.array([_deepest_fall(seed) for seed in range(QUICK_RUNS if quick else RUNS)])
    width = SIGMA * np.sqrt(LOOKS * LOOK_S / YEAR_S)
    for barrier in BARRIERS:
        shifted = barrier + SHIFT * SIGMA * np.sqrt(LOOK_S / YEAR_S)
        expected = 2.0 * float(norm.cdf(-shifted / width))
        found, error = mean_and_error(deepest >= barrier)
        yield row(ID, f"fall of {barrier:g} within an hour", "chance", expected, found, ERRORS * error, error)
    yield from _pairs(QUICK_PAIRS if quick else PAIRS)


def _breaker(price: str, threshold: float, pause_s: float) -> dict[str, Any]:
    return {
        "kind": "volatility", "price": price, "direction": "down", "threshold_log": threshold, "pause_s": pause_s,
        "window_s": 2.0 * LOOKS * LOOK_S, "exempt": (),
    }  # fmt: skip


def _market(seed: int, breaker: dict[str, Any], agents: tuple = (), **changes: Any) -> Watched:
    """One rollup for an hour of looks, under a price whose logarithm has no drift."""
    spot = rollup("one", pool((4000.0, 1e7), ("ETH", "USD"), 5.0, 2500.0), block_time_s=LOOK_S)
    moving = asset("ETH", 2500.0, SIGMA).model_copy(update={"drift": 0.5 * SIGMA**2})
    regime = regimes.load("siloed").model_copy(update={"breaker": breaker})
    config: MarketConfig = still(
        [spot], [moving], agents, horizon_s=(LOOKS + 2) * LOOK_S, prices=PriceConfig(step_s=LOOK_S), **changes
    )
    return Watched(config.model_copy(update={"regime": regime}), seed)


def _deepest_fall(seed: int) -> float:
    """The largest threshold that sets off the breaker: found by asking the breaker for each, on one price path."""
    found = 0.0
    for barrier in BARRIERS:
        market = _market(seed, _breaker("reference", barrier, 0.0))
        market.run()
        if not market.tally.pauses:
            break
        found = barrier
    return found


def _pairs(count: int) -> Iterator[dict[str, Any]]:
    """First time the pool's price sets off the breaker, with a pause of ten minutes and with none, seed by seed."""
    cast = (trader("arbitrageur", 1e7, cycles=False),)
    flow = FlowConfig(per_second=0.05)
    times = np.full((2, count), np.inf)
    for at, pause_s in enumerate((600.0, 0.0)):
        for seed in range(count):
            market = _market(seed, _breaker("pool", BARRIERS[0], pause_s), cast, flow=flow, outside_fee_bp=1.0)
            while not market.tally.pauses and market.time < market.config.horizon_s:
                market.run_until(market.time + LOOK_S)
            if market.tally.pauses:
                times[at, seed] = market.time
    hit = np.isfinite(times)
    difference, error = mean_and_error(hit[0].astype(float) - hit[1])
    yield row(ID, "pool price, arbitrageur and retail", "chance, pause less none", 0.0, difference, 0.0, error)
    both = hit.all(axis=0)
    difference, error = mean_and_error(times[0, both] - times[1, both])
    yield row(ID, "pool price, arbitrageur and retail", "first time, s, pause less none", 0.0, difference, 0.0, error)
