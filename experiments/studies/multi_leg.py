"""Combinations of options over rollups with all legs executed or none, with all included or none, and leg by leg."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from agents.population import Population
from agents.traders.option_combiner import Combination, OptionCombiner
from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.runs.study import Configure, Run, seeds
from market.config import (
    AgentConfig,
    AssetConfig,
    FlowConfig,
    MarketConfig,
    OptionsConfig,
    OracleConfig,
    PoolConfig,
    PriceConfig,
    RegimeConfig,
    RollupConfig,
)
from market.measures.outcomes import outcomes
from market.model import SequencerMarket
from market.settings import DAY_S

TITLE = "Combinations of options over rollups, atomic, included and legged"
QUESTION = "What do combinations of options over rollups cost, and how often is a leg left alone, without atomicity?"
HYPOTHESIS = (
    "Atomic combinations are never broken. Leg by leg the more are broken the more rollups they lie on and the more "
    "slots are missed, and chasing or closing legs costs spreads and leaves a risk of price, so that costs vary more. "
    "Inclusion shares misses, but not the quotes that have moved: it helps against outages and not against staleness."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "varied",
    "setting",
    "execution",
    "cost [bp]",
    "sd of cost [bp]",
    "broken [%]",
    "closed [%]",
    "time [s]",
)
HORIZON_S, QUICK_HORIZON_S = 1500.0, 300.0
PRICE, VOLATILITY = 2500.0, 0.8
BASE = {"rollups": 4, "delay_s": 2.0, "failure": 0.1}
SWEEPS: dict[str, tuple[float, ...]] = {
    "rollups": (1, 2, 4),  # on which the four legs of a combination lie [1]
    "delay_s": (1.0, 2.0, 4.0, 12.0),  # block time: age of the quotes that a leg meets [s]
    "failure": (0.0, 0.1, 0.3),  # chance that a sequencer misses a slot [1]
}
QUICK_SWEEPS = {"rollups": (1, 4), "delay_s": (2.0, 12.0), "failure": (0.0, 0.3)}
EXECUTIONS: dict[str, dict[str, Any]] = {
    "atomic": {"domains": {"kind": "shared"}, "guarantees": {"kind": "execution"}},
    "included": {"domains": {"kind": "shared"}, "guarantees": {"kind": "inclusion"}},
    "legged": {"domains": {"kind": "alone"}},
}
"""Parts of the regime by what a combination may count on."""
LISTED = 4  # rollups, whatever of them a combination lies on


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """One condition varied at a time, with bundles executed as a whole, included as a whole, and without."""
    horizon = QUICK_HORIZON_S if quick else HORIZON_S
    for varied, settings in (QUICK_SWEEPS if quick else SWEEPS).items():
        for setting in settings:
            for execution in EXECUTIONS:
                config = configure(_market(execution, {**BASE, varied: setting}, horizon))
                for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                    levers = {"varied": varied, "setting": float(setting), "execution": execution}
                    yield Run(levers, config.regime.name, seed, config)


def _market(execution: str, conditions: dict[str, float], horizon: float) -> MarketConfig:
    """Four equal rollups with a chain each, a maker on all of them, others who take quotes, and combiners.

    A combination is an iron condor of one option a leg, which is what a quote is for: others take all of it, so that a
    leg is filled or not. An intent lives for one block time: it meets one slot.
    """
    delay = conditions["delay_s"]
    regime = RegimeConfig(
        name=execution,
        **EXECUTIONS[execution],
        consensus={"kind": "proposer", "miss": conditions["failure"]},
        block_time_s=delay,
    )
    chain = OptionsConfig(
        expiries_s=(DAY_S,), strikes=5, step=0.02, volatility=VOLATILITY, fee_bp=0.0, fund_usd=1e9, makers=1
    )
    rollups = tuple(
        RollupConfig(
            name=f"r{at}",
            pools=(PoolConfig(depth_usd=1e7, fee_bp=5.0),),
            options=(chain,),
            oracle=OracleConfig(deviation_bp=5.0, delay_s=0.0),
            gas_usd=0.0,
        )
        for at in range(LISTED)
    )
    combined = {
        "shape": "condor", "per_hour": 360.0, "over": int(conditions["rollups"]), "life_s": delay, "slippage_bp": 100.0,
        "tries": 8,
    }  # fmt: skip
    quoting = {"volatility": VOLATILITY, "half_spread": 0.02, "size": 1.0, "move_bp": 1.0, "refresh_s": 10.0}
    taking = {"per_hour": 1800.0, "mean_size": 1e6, "sell_share": 0.5}
    agents = (
        AgentConfig(role="market_maker", strategy="fixed_spread", parameters=quoting, capital_usd=1e9),
        AgentConfig(role="trader", strategy="option_combiner", count=2, parameters=combined, capital_usd=1e9),
        AgentConfig(role="trader", strategy="option_buyer", parameters=taking, capital_usd=1e9),
    )
    return MarketConfig(
        horizon_s=horizon,
        assets=(AssetConfig(price_usd=PRICE, volatility=VOLATILITY),),
        prices=PriceConfig(kind="gbm"),
        rollups=rollups,
        regime=regime,
        flow=FlowConfig(per_second=0.0),
        agents=agents,
    )


def execute(run: Run) -> dict[str, Any]:
    """Run a market and say what became of combinations of which nothing more is to be done.

    Costs are those of combinations of which at least a leg was done.
    """
    config = run.config
    assert isinstance(config, MarketConfig)
    market = SequencerMarket(config, run.seed, Population(config))
    market.run()
    combiners = [agent for agent in market.participants if isinstance(agent, OptionCombiner)]
    done = [combination for agent in combiners for combination in agent.done]
    costs = np.array([_cost_bp(combination) for combination in done if combination.complete or combination.broken])
    spent = float(sum(leg.paid for combination in done for leg in combination.legs))
    return {
        "combinations": len(done),
        "cost_bp": float(costs.mean()) if costs.size else float("nan"),
        "cost_sd_bp": float(costs.std(ddof=1)) if costs.size > 1 else float("nan"),
        "cost_worst_bp": float(np.quantile(costs, 0.95)) if costs.size else float("nan"),
        "broken_share": _share(done, [combination.broken for combination in done]),
        "closed_share": _share(done, [combination.closing for combination in done]),
        "complete_share": _share(done, [combination.complete for combination in done]),
        "duration_s": _share(done, [combination.ended_at - combination.decided_at for combination in done]),
        "tries": _share(done, [combination.tries for combination in done]),
        "spent_usd": spent,
        "conservation_error": outcomes(market)["conservation_error"],
    }


def _cost_bp(combination: Combination) -> float:
    """What was paid beyond what was got was worth when it was decided on, over the underlying [bp]."""
    size = max(abs(leg.goal) for leg in combination.legs)
    return 1e4 * combination.cost / (size * PRICE)


def _share(done: list[Combination], found: list[Any]) -> float:
    return float(np.mean(found)) if done else float("nan")


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """What the figure draws, by condition and way of execution."""
    drawn = ("broken_share", "cost_sd_bp")
    return summaries.table(summaries.by_cell(runs, ["varied", "setting", "execution"], drawn))


def answer(runs: Any) -> str:
    """What is broken leg by leg, and what atomic execution and inclusion change in that, in costs and their spread."""
    found = _compared(runs)
    parts = [
        f"{way} they change {answers.listed(f'{what} by {found[way, what].said}' for what in COMPARED)}"
        for way in dict.fromkeys(way for way, _ in found)
    ]
    legged = runs[runs["execution"] == "legged"].groupby("seed")["broken_share"].mean()
    compared = f": {' and '.join(parts)}" if parts else ""
    return (
        f"Leg by leg {answers.amount(legged, '%', 100.0)} of combinations come out in part for a time, on average over "
        f"conditions{compared}."
    )


COMPARED: dict[str, tuple[str, str, str, float]] = {
    "the share": ("broken_share", "share that comes out in part", "points", 100.0),
    "the cost": ("cost_bp", "cost of a combination", "bp of the underlying", 1.0),
    "its standard deviation": ("cost_sd_bp", "standard deviation of the cost", "bp", 1.0),
}
"""By what the answer calls it: column, what the table of differences calls it, its unit and the factor to it."""


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares."""
    return list(_compared(runs).values())


def _compared(runs: Any) -> dict[tuple[str, str], Headline]:
    """Differences of each way of execution to leg by leg at the same seed, on average over conditions."""
    found = {}
    for way in ("atomic", "included") if "legged" in set(runs["execution"]) else ():
        for name, (column, what, unit, scale) in COMPARED.items():
            mean = runs.groupby(["execution", "seed"])[column].mean().unstack("execution")
            if way in mean:
                less = f"{what}, {way} less leg by leg"
                found[way, name] = pair(less, mean[way], mean["legged"], unit, scale)
    return together(found)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By condition and way of execution: means over seeds (standard errors)."""
    columns = {
        "cost [bp]": ("cost_bp", 1.0),
        "sd of cost [bp]": ("cost_sd_bp", 1.0),
        "worst 5% from [bp]": ("cost_worst_bp", 1.0),
        "broken [%]": ("broken_share", 100.0),
        "closed [%]": ("closed_share", 100.0),
        "complete [%]": ("complete_share", 100.0),
        "time [s]": ("duration_s", 1.0),
    }
    return summaries.printed(runs, {name: name for name in ("varied", "setting", "execution")}, columns)
