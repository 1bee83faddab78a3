"""Timing side by side: what is compared takes turns, so that a busy machine slows both alike.

A repetition is as good as the least disturbed one: of each the smallest processor time counts, and the spread says how
disturbed the others were.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from agents.population import Population
from market.config import MarketConfig
from market.model import SequencerMarket

REPEAT = 3


class Timing(NamedTuple):
    """Processor times of repetitions of one thing."""

    seconds: float  # the smallest [s]
    spread: float  # the largest over the smallest, less one [1]


class Measured(NamedTuple):
    """A figure, None where the machine was too disturbed to have one, and the spread of the repetitions behind it."""

    figure: Any
    spread: float  # the slowest repetition over the fastest, less one [1]


def timing(times: list[float]) -> Timing:
    """Sum up repetitions."""
    return Timing(min(times), max(times) / min(times) - 1.0)


def in_turns(configs: Mapping[str, MarketConfig], repeat: int = REPEAT) -> dict[str, Timing]:
    """Return the processor time of a run of each market, without founding it; the first round, which may compile, not.

    Processor time, which is wall time on an idle machine, does not count what other programs take.
    """
    times: dict[str, list[float]] = {name: [] for name in configs}
    for _ in range(repeat + 1):
        for name, config in configs.items():
            market = SequencerMarket(config, 1, Population(config))
            began = time.process_time()
            market.run()
            times[name].append(time.process_time() - began)
    return {name: timing(taken[1:]) for name, taken in times.items()}


def per_unit(less: Timing, more: Timing, units: float) -> float | None:
    """Return what each of the units costs by which two runs differ [s]; None: it is lost in what disturbs the machine.

    A cost is not negative. One that is smaller than the runs' own spread is reported all the same, beside the spread.
    """
    cost = (more.seconds - less.seconds) / units
    return cost if cost > 0.0 else None
