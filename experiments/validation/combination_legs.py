"""Combinations of options leg by leg: how often some legs are done and others not, and how often they are sent.

Derived. A combination has n legs on as many rollups, and a leg meets one slot of its own, which the sequencer misses
with chance f, independently of the others. What is missing is sent again until all is done. Some legs are done and
others not in the first round in which any is with chance (1 - (1-f)^n - f^n) / (1 - f^n), and the number of rounds is
the largest of n geometric numbers, in the mean sum over j of (-1)^(j+1) C(n, j) / (1 - f^j). Bundles on one sequencer,
executed or included as a whole, are never broken, and take 1 / (1 - f) rounds. f .2: 1/3 and 1.4583 for two legs,
.58974 and 1.7807 for four.

Prices stand still and quotes are deep, so that nothing but a missed slot fails a leg.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import comb
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._markets import Watched, asset, rollup, still
from experiments.validation._rows import mean_and_error, row, three_errors
from market import regimes
from market.config import AgentConfig, MarketConfig, OptionsConfig
from market.settings import DAY_S

ID = "K18"
TITLE = "Legs of combinations of options"

MISS, BLOCK_S, PRICE = 0.2, 1.0, 100.0
SHAPES = {2: "straddle", 4: "condor"}
TIED: dict[str, dict[str, Any]] = {
    "executed as one": {"domains": {"kind": "shared"}, "guarantees": {"kind": "execution"}},
    "included as one": {"domains": {"kind": "shared"}, "guarantees": {"kind": "inclusion"}},
}


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Shares broken and rounds, leg by leg and as bundles; `quick` has fewer seeds, and no bundles."""
    seeds = range(8) if quick else range(24)
    for legs in SHAPES:
        broken, rounds = _traded(legs, {}, seeds)
        expected = (1.0 - (1.0 - MISS) ** legs - MISS**legs) / (1.0 - MISS**legs)
        yield _compared(f"{legs} legs", "broken", expected, broken)
        yield _compared(f"{legs} legs", "rounds", _rounds(legs), rounds)
    for name, parts in TIED.items() if not quick else ():
        broken, rounds = _traded(4, parts, seeds)
        yield row(ID, f"4 legs, {name}", "broken", 0.0, float(broken.mean()), 0.0)
        yield _compared(f"4 legs, {name}", "rounds", 1.0 / (1.0 - MISS), rounds)


def _compared(case: str, statistic: str, expected: float, sample: np.ndarray) -> dict[str, Any]:
    mean, error = mean_and_error(sample)
    return row(ID, case, statistic, expected, mean, three_errors(error), error)


def _rounds(legs: int) -> float:
    """Mean of the largest of so many geometric numbers."""
    return sum((-1.0) ** (at + 1) * comb(legs, at) / (1.0 - MISS**at) for at in range(1, legs + 1))


def _traded(legs: int, parts: dict[str, Any], seeds: range) -> tuple[np.ndarray, np.ndarray]:
    """Whether each combination was broken, and in how many rounds it was done."""
    done: list[Any] = []
    for seed in seeds:
        market = Watched(_market(legs, parts), seed)
        market.run()
        trader: Any = next(agent for agent in market.participants if agent.role == "trader")
        done += trader.done
    return np.array([float(one.broken) for one in done]), np.array([float(one.tries) for one in done])


def _market(legs: int, parts: dict[str, Any]) -> MarketConfig:
    """As many rollups as legs, a maker on all of them, and one who trades combinations one after the other."""
    chain = OptionsConfig(expiries_s=(DAY_S,), strikes=5, step=0.02, fee_bp=0.0, makers=1)
    homes = [rollup(f"r{at}", options=(chain,), block_time_s=BLOCK_S) for at in range(legs)]
    trading = {
        "shape": SHAPES[legs], "per_hour": 7200.0, "size": 2.0**-7, "over": legs, "response": "retry",
        "slippage_bp": 2000.0, "life_s": BLOCK_S, "tries": 1000,
    }  # fmt: skip
    agents = [
        AgentConfig(role="market_maker", strategy="fixed_spread", capital_usd=1e9),
        AgentConfig(
            role="trader", strategy="option_combiner", capital_usd=1e9, latency_s=0.0, latency_spread_s=0.0,
            parameters=trading,
        ),
    ]  # fmt: skip
    plain = still(homes, [asset("ETH", PRICE)], agents, horizon_s=500.0)
    changed = {"block_time_s": BLOCK_S, "consensus": {"kind": "proposer", "miss": MISS}} | parts
    return plain.model_copy(update={"regime": regimes.load("siloed").model_copy(update=changed)})
