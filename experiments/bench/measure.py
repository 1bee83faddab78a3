"""Speed and memory of the market, measured where it runs.

The cost model to hold: a fixed cost per slot, a cost per awake strategic agent, a marginal cost per intent, all linear.
Every figure is the fastest of a few repetitions of compiled code, which take turns with what they are compared to;
differences of two runs isolate a marginal cost. A figure that a disturbed machine made meaningless is None, and
`reasons` says so.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from experiments.bench import health_checks, learning_speed, many_runs, option_pricing, option_quoting
from experiments.bench.against import DISTURBED, against
from experiments.bench.timing import Measured, Timing, in_turns, per_unit
from experiments.markets import scenarios
from market import regimes
from market.config import AgentConfig, FlowConfig, GraphConfig, MarketConfig, PoolConfig, RegimeConfig, RollupConfig

BLOCK_S = 2.0
DAY_S = 86400.0
MARGIN_SLOTS = 3000


def main(json_file: Path | None = None, other: Path | None = None) -> dict[str, Any]:
    """Measure everything, or against another checkout if one is named; print it, and write it to a file if one is."""
    report: dict[str, Any] = {}
    for name, found in _measured() if other is None else against(other):
        if isinstance(found, Measured):
            found, report.setdefault("spread", {})[name] = found
            if found is None:
                report.setdefault("reasons", {})[name] = DISTURBED
        (report if other is None else report.setdefault("against", {}))[name] = found
        print(f"{name:34s} {_readable(found)}", flush=True)
    report["versions"] = {name: version(name) for name in ("mesa", "numpy", "numba", "seqmarket")}
    report["machine"] = {"python": platform.python_version(), "processor": _processor(), "system": platform.platform()}
    if json_file is not None:
        Path(json_file).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return report


def _measured() -> Iterator[tuple[str, Any]]:
    return ((name, measure()) for name, measure in measurements().items())


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
        "chain_200_greeks_us": option_pricing.chain_200_greeks_us,
        "implied_200_us": option_pricing.implied_200_us,
        "quoting_10_makers_us": option_quoting.quoting_10_makers_us,
        "sweep_overhead": many_runs.sweep_overhead,
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


def population_ns_per_intent() -> Measured:
    """Marginal cost of an intent of the population, from draw to record [ns]."""
    horizon = MARGIN_SLOTS * BLOCK_S
    timings = in_turns({"few": flow_only(6, 20, horizon), "many": flow_only(6, 220, horizon)})
    return _margin(timings["few"], timings["many"], 200 * MARGIN_SLOTS, 1e9)


def strategic_us_per_agent_slot() -> Measured:
    """Cost of a strategic agent that is awake in every slot: arbitrageurs and liquidators, trades included [us]."""
    horizon, count = MARGIN_SLOTS * BLOCK_S, 8
    alone = flow_only(6, 20, horizon)
    awake = (
        AgentConfig(role="trader", strategy="arbitrageur", count=count // 2),
        AgentConfig(role="liquidator", strategy="greedy", count=count // 2),
    )
    timings = in_turns({"alone": alone, "together": alone.model_copy(update={"agents": awake})})
    return _margin(timings["alone"], timings["together"], count * MARGIN_SLOTS, 1e6)


def _margin(less: Timing, more: Timing, units: int, per_s: float) -> Measured:
    cost = per_unit(less, more, units)
    return Measured(None if cost is None else cost * per_s, max(less.spread, more.spread))


def day(rollups: int, share: float) -> float:
    """A day at 2 s slots with 100 intents per slot and six rollups' worth of flow each, the whole cast included [s].

    A share of the day is simulated and scaled up: the cost is linear in the horizon.
    """
    config = flow_only(rollups, 100.0 * rollups / 6, DAY_S * share)
    config = config.model_copy(update={"agents": scenarios.cast()})
    return in_turns({"day": config}, repeat=1)["day"].seconds / share


def slot_cost_vs_siloed() -> Measured:
    """Time of a run of every regime over that of `siloed`, same flow, 2 s slots everywhere."""
    timings = in_turns({name: _regime(regimes.load(name)) for name in regimes.names()})
    ratios = {name: timing.seconds / timings["siloed"].seconds for name, timing in timings.items()}
    return Measured(ratios, max(timing.spread for timing in timings.values()))


def _regime(regime: RegimeConfig) -> MarketConfig:
    config = scenarios.reference(regime=regime, quick=True)
    rollups = tuple(rollup.model_copy(update={"block_time_s": BLOCK_S}) for rollup in config.rollups)
    return config.model_copy(update={"rollups": rollups, "horizon_s": 1200.0})


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
        return "  ".join(f"{name} {_readable(part)}" for name, part in value.items())
    if isinstance(value, str):
        return value
    return f"none: {DISTURBED}" if value is None else f"{value:.4g}"
