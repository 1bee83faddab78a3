"""Speed and memory of the market, measured where it runs.

The cost model to hold: a fixed cost per slot, a cost per awake strategic agent, a marginal cost per intent, all linear.
Every figure is the median of a few repetitions of compiled code; differences of two runs isolate a marginal cost.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from agents.population import Population
from experiments.bench import health_checks, learning_speed
from experiments.markets import scenarios
from market import regimes
from market.config import AgentConfig, FlowConfig, GraphConfig, MarketConfig, PoolConfig, RegimeConfig, RollupConfig
from market.model import SequencerMarket

BLOCK_S = 2.0
DAY_S = 86400.0
MARGIN_SLOTS = 3000


def main(json_file: Path | None = None) -> dict[str, Any]:
    """Measure everything, print it, and write it to a file if one is named."""
    report: dict[str, Any] = {}
    for name, measure in measurements().items():
        report[name] = measure()
        print(f"{name:34s} {_readable(report[name])}", flush=True)
    report["versions"] = {name: version(name) for name in ("mesa", "numpy", "numba", "seqmarket")}
    report["machine"] = {"python": platform.python_version(), "processor": _processor(), "system": platform.platform()}
    if json_file is not None:
        Path(json_file).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return report


def measurements() -> dict[str, Callable[[], Any]]:
    """Return what is measured, by the name it is reported under."""
    return {
        "population_ns_per_intent": population_ns_per_intent,
        "strategic_us_per_agent_slot": strategic_us_per_agent_slot,
        "day_6_rollups_s": lambda: day(6, 1.0),
        "day_60_rollups_s": lambda: day(60, 0.1),
        "day_60_rollups_share_simulated": lambda: 0.1,
        "peak_mb": lambda: peak_mb(2.0),
        "peak_mb_at_a_quarter_of_the_horizon": lambda: peak_mb(0.5),
        "slot_cost_vs_siloed": slot_cost_vs_siloed,
        "health_checks": health_checks.health_checks,
        "auctions_per_s": learning_speed.auctions_per_s,
        "calvano_periods_per_s": learning_speed.calvano_periods_per_s,
        "calvano_1000_sessions_s": learning_speed.calvano_1000_sessions_s,
        "calvano_sessions_measured": lambda: learning_speed.SESSIONS,
    }


def flow_only(rollups: int, per_slot: float, horizon_s: float) -> MarketConfig:
    """Rollups with pools and retail flow in one shared domain, and nobody else."""
    return MarketConfig(
        horizon_s=horizon_s,
        rollups=tuple(
            RollupConfig(name=f"r{at}", block_time_s=BLOCK_S, pools=(PoolConfig(assets=("ETH", "USD")),))
            for at in range(rollups)
        ),
        graph=GraphConfig(kind="ring" if rollups > 2 else "complete"),
        regime=regimes.load("centralized_shared"),
        flow=FlowConfig(per_second=per_slot / BLOCK_S),
    )


def seconds(config: MarketConfig, repeat: int = 3) -> float:
    """Median processor time of a run, without founding the market [s]; the first, which may compile, does not count.

    Processor time, which is wall time on an idle machine, does not count what other programs take.
    """
    times = []
    for _ in range(repeat + 1):
        market = SequencerMarket(config, 1, Population(config))
        began = time.process_time()
        market.run()
        times.append(time.process_time() - began)
    return statistics.median(times[1:])


def population_ns_per_intent() -> float:
    """Marginal cost of an intent of the population, from draw to record [ns]."""
    horizon = MARGIN_SLOTS * BLOCK_S
    few, many = seconds(flow_only(6, 20, horizon)), seconds(flow_only(6, 220, horizon))
    return 1e9 * (many - few) / (200 * MARGIN_SLOTS)


def strategic_us_per_agent_slot() -> float:
    """Cost of a strategic agent that is awake in every slot: arbitrageurs and liquidators, trades included [us]."""
    horizon, count = MARGIN_SLOTS * BLOCK_S, 8
    alone = flow_only(6, 20, horizon)
    awake = (
        AgentConfig(role="trader", strategy="arbitrageur", count=count // 2),
        AgentConfig(role="liquidator", strategy="greedy", count=count // 2),
    )
    together = alone.model_copy(update={"agents": awake})
    return 1e6 * (seconds(together) - seconds(alone)) / (count * MARGIN_SLOTS)


def day(rollups: int, share: float) -> float:
    """A day at 2 s slots with 100 intents per slot and six rollups' worth of flow each, the whole cast included [s].

    A share of the day is simulated and scaled up: the cost is linear in the horizon.
    """
    config = flow_only(rollups, 100.0 * rollups / 6, DAY_S * share)
    config = config.model_copy(update={"agents": scenarios.cast()})
    return seconds(config, repeat=1) / share


def slot_cost_vs_siloed() -> dict[str, float]:
    """Time of a run of every regime over that of `siloed`, same flow, 2 s slots everywhere."""
    return {name: _regime_seconds(regimes.load(name)) / _siloed_seconds() for name in regimes.names()}


_memory: dict[str, float] = {}


def _siloed_seconds() -> float:
    if "siloed" not in _memory:
        _memory["siloed"] = _regime_seconds(regimes.load("siloed"))
    return _memory["siloed"]


def _regime_seconds(regime: RegimeConfig) -> float:
    config = scenarios.reference(regime=regime, quick=True)
    rollups = tuple(rollup.model_copy(update={"block_time_s": BLOCK_S}) for rollup in config.rollups)
    return seconds(config.model_copy(update={"rollups": rollups, "horizon_s": 1200.0}))


def peak_mb(hours: float) -> float:
    """Largest memory of a process that runs the reference scenario without a tape [MB]."""
    code = (
        "import resource; from experiments.markets import scenarios; from experiments.runs.run import run_one; "
        "from market import regimes; "
        "config = scenarios.reference(regime=regimes.load('centralized_shared')); "
        f"run_one(config.model_copy(update={{'horizon_s': {hours * 3600.0}}}), 1); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _readable(value: Any) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{name} {number:.3g}" for name, number in value.items())
    return f"{value:.4g}"
