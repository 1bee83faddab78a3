"""Circuit breakers where nobody anticipates them: no magnet.

Source: H. Chen, A. Petukhov, J. Wang, H. Xing (2024), The dark side of circuit breakers, J. Finance 79: traders who
anticipate a halt pull the price to it. Evidence from European volatility interruptions has the other sign, so nothing
of it may be built in. Null: a log price that moves by itself with volatility sigma falls by b within T with chance
2 Phi(-(b + .5826 sigma sqrt(dt)) / (sigma sqrt(T))), looked at every dt (the shift: Broadie, Glasserman, Kou 1997);
where arbitrageurs and retail traders do not look at the breaker, the price of a pool without a fee, which arbitrage
holds at the outside price, reaches the threshold as often as that, and as early as where the breaker pauses nobody.
Where holders do look at it and leave before it goes off, it must go off more often than either: the same statistics
find a magnet where there is one.
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
from market.config import AgentConfig, FlowConfig, MarketConfig, PriceConfig

ID = "M16"
TITLE = "Circuit breakers that nobody anticipates, and that some do"

SIGMA, LOOK_S, LOOKS = 0.8, 15.0, 240
BARRIERS = (0.006, 0.0085, 0.012)
RUNS, QUICK_RUNS = 800, 120
PAIRS, QUICK_PAIRS = 200, 40
PAUSE_S, HOLDING_USD = 600.0, 2e4
SHIFT = 0.5826
ERRORS = 3.0  # standard errors that a simulated chance may be off


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Chance to set off a breaker on the outside price, then a market with its breaker and without."""
    deepest = np.array([_deepest_fall(seed) for seed in range(QUICK_RUNS if quick else RUNS)])
    for barrier in BARRIERS:
        found, error = mean_and_error(deepest >= barrier)
        yield row(ID, f"fall of {barrier:g} within an hour", "chance", _null(barrier), found, ERRORS * error, error)
    yield from _populated(QUICK_PAIRS if quick else PAIRS)


def _null(barrier: float) -> float:
    """Chance that a log price that moves by itself falls so far within the hour of looks."""
    shifted = barrier + SHIFT * SIGMA * np.sqrt(LOOK_S / YEAR_S)
    return 2.0 * float(norm.cdf(-shifted / (SIGMA * np.sqrt(LOOKS * LOOK_S / YEAR_S))))


def _breaker(price: str, threshold: float, pause_s: float) -> dict[str, Any]:
    return {
        "kind": "volatility", "price": price, "direction": "down", "threshold_log": threshold, "pause_s": pause_s,
        "window_s": 2.0 * LOOKS * LOOK_S, "exempt": (),
    }  # fmt: skip


def _market(seed: int, breaker: dict[str, Any], agents: tuple = (), **changes: Any) -> Watched:
    """One rollup for an hour of looks, under a price whose logarithm has no drift."""
    spot = rollup("one", pool((4000.0, 1e7), ("ETH", "USD"), 0.0, 2500.0), block_time_s=LOOK_S)
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


def _cast(anticipates: bool) -> tuple[AgentConfig, ...]:
    """Who trades besides retail: an arbitrageur, and holders who leave before a pause if that is to be the case."""
    holders = AgentConfig(
        role="trader", strategy="anticipating", count=3, capital_usd=1e6, latency_s=0.0, latency_spread_s=0.0,
        parameters={"holding_usd": HOLDING_USD},
    )  # fmt: skip
    return (trader("arbitrageur", 1e7, cycles=False), *((holders,) if anticipates else ()))


def _first_time(seed: int, cast: tuple[AgentConfig, ...], pause_s: float) -> float:
    """First time that the pool's price sets off the breaker [s]; infinite if it does not within the hour."""
    # trades of a heavy tail move the pool themselves: over 200 seeds a chance of .63 (.03), not the null's .46
    flow = FlowConfig(per_second=0.05, log_sd=0.5)
    market = _market(seed, _breaker("pool", BARRIERS[0], pause_s), cast, flow=flow, outside_fee_bp=0.0)
    while not market.tally.pauses and market.time < market.config.horizon_s:
        market.run_until(market.time + LOOK_S)
    return market.time if market.tally.pauses else np.inf


def _populated(count: int) -> Iterator[dict[str, Any]]:
    """How often a pool's price sets off its breaker, if that pauses for long, and if it pauses nobody, seed by seed.

    Nobody looks at the breaker in the first market. In the second some do, which must break the null, or it says
    nothing.
    """
    for anticipates in (False, True):
        cast = _cast(anticipates)
        times = np.array([[_first_time(seed, cast, pause_s) for seed in range(count)] for pause_s in (PAUSE_S, 0.0)])
        hit = np.isfinite(times)
        chance, error = mean_and_error(hit[0])
        more, doubt = mean_and_error(hit[0].astype(float) - hit[1])
        if anticipates:
            case = "pool price, some anticipate"
            magnet = float(chance - _null(BARRIERS[0]) > ERRORS * error)
            yield row(ID, case, "chance above the null (1: yes)", 1.0, magnet, 0.0, error)
            yield row(ID, case, "chance, pause above none (1: yes)", 1.0, float(more > ERRORS * doubt), 0.0, doubt)
            continue
        case = "pool price, nobody anticipates"
        yield row(ID, case, "chance", _null(BARRIERS[0]), chance, ERRORS * error, error)
        yield row(ID, case, "chance, pause less none", 0.0, more, 0.0, doubt)
        later, doubt = mean_and_error(times[0, hit.all(axis=0)] - times[1, hit.all(axis=0)])
        yield row(ID, case, "first time, s, pause less none", 0.0, later, 0.0, doubt)
