"""Rollups choose among networks: does the ecosystem tip, split, or stay apart?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from experiments.analysis import statistics, summaries
from experiments.runs.study import Configure, Run, seeds
from market.config import AgentConfig, LendingConfig, MarketConfig

TITLE = "Competing sequencing networks by the strength of cross-rollup demand"
QUESTION = "Do rollups that choose who sequences them end in one network, in several, or by themselves?"
HYPOTHESIS = (
    "With little demand across rollups nobody gives up fast blocks of its own; with more, small and slow rollups share "
    "a network while others stay out; with strong demand all are in one network, and pay what it charges."
)

SEEDS, QUICK_SEEDS = 5, 2
DEMANDS, QUICK_DEMANDS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0), (0.0, 1.0)
ROLLUPS = 4
HORIZON_S, QUICK_HORIZON_S = 900.0, 240.0
FEES = (0.1, 0.1)
"""Share of revenue that each of two equal networks keeps [1]."""
CARE = 0.5
"""What a rollup cares for a dollar of its users, in dollars of revenue [1]."""
IMPATIENCE_BP_S = 0.2
"""What retail users lose by a second of waiting [bp/s]."""


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """By strength of demand and seed; each run measures every group of rollups in a market of its own."""
    for demand in QUICK_DEMANDS if quick else DEMANDS:
        config = configure(_market(demand, QUICK_HORIZON_S if quick else HORIZON_S))
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            yield Run({"cross_per_second": demand}, "", seed, config)


def _market(demand: float, horizon: float) -> MarketConfig:
    """The four largest rollups of the reference scenario without lending, and users who trade across them."""
    from experiments.markets.scenarios import reference

    base = reference(quick=True, stress=False)
    nothing: tuple[LendingConfig, ...] = ()
    rollups = tuple(rollup.model_copy(update={"lending": nothing, "borrowers": 0}) for rollup in base.rollups[:ROLLUPS])
    users = AgentConfig(
        role="trader", strategy="cross_rollup", capital_usd=2e7, latency_s=0.2, parameters={"per_second": demand}
    )
    traders = AgentConfig(role="trader", strategy="arbitrageur", count=2)
    # retail users stay where they are and trade sizes without a heavy tail: what changes is then due to sequencing
    flow = base.flow.model_copy(update={"log_sd": 1.0, "choice_sensitivity": 0.0})
    return base.model_copy(update={"horizon_s": horizon, "rollups": rollups, "flow": flow, "agents": (traders, users)})


def execute(run: Run) -> dict[str, Any]:
    """Measure the payoffs of all groups, then solve the game."""
    from experiments.games import network_choice as game

    config = run.config
    assert isinstance(config, MarketConfig)
    payoffs = game.measure(config, run.seed, IMPATIENCE_BP_S)
    depth = np.array([sum(pool.depth_usd for pool in rollup.pools) for rollup in config.rollups])
    found = game.solve(payoffs, depth, FEES, CARE)
    count = len(config.rollups)
    alone = [frozenset((at,)) for at in range(count)]
    everybody = frozenset(range(count))
    change = {
        "revenue": payoffs.revenue[everybody].sum() - sum(payoffs.revenue[one].sum() for one in alone),
        "users": payoffs.users[everybody].sum() - sum(payoffs.users[one].sum() for one in alone),
    }
    worth = payoffs.value(FEES, CARE)
    gains = [worth(at, 1, everybody) - worth(at, 0, one) for at, one in enumerate(alone)]
    return {
        **{f"ends_{end}": share for end, share in found.ends.items()},
        "largest_network": found.largest,
        "hhi": found.hhi,
        "network_income_usd_day": found.income,
        "users_gain_usd_day": found.users,
        "stable_partitions": found.stable,
        **{f"together_{name}_usd_day": float(amount) for name, amount in change.items()},
        **{f"gain_{at}_usd_day": gain for at, gain in enumerate(gains)},
        "revenue_alone_usd_day": float(sum(payoffs.revenue[one].sum() for one in alone)),
    }


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Where best replies end, concentration, and money, by strength of demand."""
    ends = [f"ends_{end}" for end in ("tipped", "one_network", "split", "alone", "cycle")]
    drawn = (*ends, "largest_network", "hhi", "network_income_usd_day", "users_gain_usd_day")
    return summaries.table(summaries.by_cell(runs, ["cross_per_second"], drawn))


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By strength of demand: how best replies end, market shares, and money; means over seeds (standard errors)."""
    columns = {
        "one network [%]": ("ends_tipped", 100.0),
        "one and outsiders [%]": ("ends_one_network", 100.0),
        "several [%]": ("ends_split", 100.0),
        "none [%]": ("ends_alone", 100.0),
        "cycle [%]": ("ends_cycle", 100.0),
        "largest network [%]": ("largest_network", 100.0),
        "HHI [1]": ("hhi", 1.0),
        "networks' income [USD/day]": ("network_income_usd_day", 1.0),
        "users' gain [USD/day]": ("users_gain_usd_day", 1.0),
    }
    rows = []
    for demand, part in runs.groupby("cross_per_second", sort=True):
        row: dict[str, Any] = {"cross-rollup trades [1/s]": demand, "seeds": len(part)}
        for name, (column, scale) in columns.items():
            found = statistics.describe(scale * part[column])
            row[name] = f"{found['mean']:.3g} ({found['standard_error']:.2g})"
        rows.append(row)
    return pd.DataFrame(rows)
