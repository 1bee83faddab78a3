"""What a breaker that pauses everybody but liquidators does to a crash, and which exemptions cure it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from experiments.studies.contagion import scene, simulate
from experiments.study import Configure, Run, seeds
from market.config import MarketConfig
from market.metrics import outcomes

TITLE = "A circuit breaker of the sequencer in a crash"
QUESTION = "Does pausing all flow but liquidations after a burst of liquidations end a cascade or feed it?"
HYPOTHESIS = (
    "Where oracles read pools, a pause keeps away the arbitrage that would refill them, so that more is liquidated the "
    "longer the pause; exempting arbitrage undoes that. Where oracles read the outside price, a pause delays users and "
    "liquidators without protecting borrowers; exempting top-ups and repayments protects some."
)

THRESHOLD_USD = 5e4
"""Liquidated volume in 60 s that sets off a pause [USD]: of borrowers who owe about five million in all."""
BREAKERS: dict[str, dict[str, Any]] = {
    "none": {"kind": "none"},
    "10 s": {"pause_s": 10.0},
    "60 s": {"pause_s": 60.0},
    "60 s, random": {"pause_s": 60.0, "randomise": 0.5},
    "60 s, per rollup": {"pause_s": 60.0, "scope": "rollup"},
    "60 s, arbitrage exempt": {"pause_s": 60.0, "exempt": ("oracle", "arbitrage")},
    "60 s, defence exempt": {"pause_s": 60.0, "exempt": ("oracle", "top_ups", "repayments")},
    "60 s, volatility": {"kind": "volatility", "pause_s": 60.0, "threshold_log": 0.02},
}
ORACLES = ("pool", "external")
SEEDS, QUICK_SEEDS = 10, 2
BASELINE = "none"
KEPT = (
    "liquidated_usd", "liquidations", "peak_60s_liquidated_usd", "inclusion_delay_s", "user_cost_bp", "paused",
    "pauses", "paused_s",
)  # fmt: skip


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Every breaker under both oracles, on a shared sequencer; the same seeds everywhere."""
    for oracle in ORACLES:
        for name, parts in BREAKERS.items():
            breaker = {"kind": "liquidation_volume", "window_s": 60.0} | parts
            if breaker["kind"] == "liquidation_volume":
                breaker["threshold_usd"] = THRESHOLD_USD
            if breaker["kind"] == "none":
                breaker = {"kind": "none"}
            for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                yield Run(
                    {"oracle": oracle, "breaker": name},
                    "shared",
                    seed,
                    configure(_config(oracle, breaker, seed, quick)),
                )


def _config(oracle: str, breaker: dict[str, Any], seed: int, quick: bool) -> MarketConfig:
    base = scene("shared", 0.0, 1.0, seed, quick)
    rollups = tuple(
        rollup.model_copy(update={"oracle": rollup.oracle.model_copy(update={"source": oracle})})
        for rollup in base.rollups
    )
    regime = base.regime.model_copy(update={"breaker": breaker})
    return base.model_copy(update={"rollups": rollups, "regime": regime})


def execute(run: Run) -> Mapping[str, float | int | str]:
    """Outcomes of one market, with bad debt that includes what no collateral covers any more."""
    assert isinstance(run.config, MarketConfig)
    found = simulate(run.config, run.seed, -1)
    every = outcomes(found.market)
    return {name: every[name] for name in KEPT} | {"bad_debt_usd": found.bad_debt}


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Means by oracle and breaker; liquidated volume also over that without a breaker, within a seed."""
    rows = []
    for oracle in dict.fromkeys(runs["oracle"]):
        cell = runs.take(np.flatnonzero(np.asarray(runs["oracle"] == oracle)))
        without = dict(
            zip(
                *(cell[name][np.asarray(cell["breaker"] == BASELINE)] for name in ("seed", "liquidated_usd")),
                strict=True,
            )
        )
        for breaker in dict.fromkeys(cell["breaker"]):
            part = cell.take(np.flatnonzero(np.asarray(cell["breaker"] == breaker)))
            pairs = zip(part["seed"], part["liquidated_usd"], strict=True)
            ratio = np.array([taken / without[seed] for seed, taken in pairs if without.get(seed, 0.0) > 0.0])
            error = f" ({ratio.std(ddof=1) / np.sqrt(ratio.size):.2g})" if ratio.size > 1 else ""
            rows.append(
                {
                    "oracle": oracle,
                    "breaker": breaker,
                    "liquidated over none [1]": f"{ratio.mean():.3g}{error}" if ratio.size else "",
                    "liquidated [million USD]": f"{np.mean(part['liquidated_usd']) / 1e6:.3g}",
                    "bad debt [thousand USD]": f"{np.mean(part['bad_debt_usd']) / 1e3:.3g}",
                    "pauses [1]": f"{np.mean(part['pauses']):.3g}",
                    "users' delay [s]": f"{np.mean(part['inclusion_delay_s']):.3g}",
                    "users' cost [bp]": f"{np.mean(part['user_cost_bp']):.3g}",
                }
            )
    return pd.DataFrame(rows)
