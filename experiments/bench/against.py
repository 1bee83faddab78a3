"""This checkout against another one: the same runs in both, the two taking turns, and what the figures' ratios are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from experiments.bench import one_run
from experiments.bench.checkouts import HERE, python_of
from experiments.bench.timing import REPEAT, Timing, per_unit, timing
from market.errors import InputError
from market.kernel.cache import VARIABLE

REGIMES = ("siloed", "timeboost", "pbs", "espresso", "centralized_shared")
TEXT = Path(one_run.__file__).read_text(encoding="utf-8")


class Figure(NamedTuple):
    """A figure of speed: the runs that it takes, and what it is by their timings; smaller is faster."""

    runs: tuple[str, ...]
    of: Callable[..., float | None]


def _margin(units: float, per_s: float) -> Callable[[Timing, Timing], float | None]:
    def of(less: Timing, more: Timing) -> float | None:
        cost = per_unit(less, more, units)
        return None if cost is None else cost * per_s

    return of


def _each(units: float, per_s: float) -> Callable[[Timing], float]:
    return lambda run: run.seconds / units * per_s


_MORE = one_run.SLOTS * (one_run.INTENTS_PER_SLOT["many"] - one_run.INTENTS_PER_SLOT["few"])
FIGURES: Mapping[str, Figure] = {
    **{f"{name}_s": Figure((name,), _each(1.0, 1.0)) for name in REGIMES},
    "population_ns_per_intent": Figure(("few", "many"), _margin(_MORE, 1e9)),
    "strategic_us_per_agent_slot": Figure(("few", "awake"), _margin(one_run.AGENTS * one_run.SLOTS, 1e6)),
    "auction_us": Figure(("auctions",), _each(one_run.AUCTIONS, 1e6)),
    "traced_auction_us": Figure(("traced",), _each(one_run.TRACED, 1e6)),
    "calvano_session_ms": Figure(("sessions",), _each(one_run.SESSIONS, 1e3)),
}
"""What is compared; by regime, ten minutes of the reference scenario."""
DISTURBED = "a machine that was disturbed"


def against(
    other: Path, figures: Mapping[str, Figure] = FIGURES, repeat: int = REPEAT
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each figure here and there, the ratio, and the spread of the runs; None with a reason where there is none.

    Parameters
    ----------
    other
        folder of the other checkout, its packages installed in its folder `.venv`
    figures
        what is compared
    repeat
        repetitions of each run, of which the fastest counts

    Raises
    ------
    InputError
        where there is no such checkout, or it can run nothing of this
    """
    sides = {"here": (Path(sys.executable), HERE), "there": (python_of(other), other)}
    timings: dict[str, dict[str, Timing] | str] = {}
    for name, figure in figures.items():
        for run in figure.runs:
            if run not in timings:
                timings[run] = _in_turns(run, sides, repeat)
        yield name, _compared(figure, [timings[run] for run in figure.runs])
    if all(isinstance(found, str) for found in timings.values()):
        raise InputError(f"--against: {next(iter(timings.values()))}; allowed: a checkout of this project")


def _in_turns(run: str, sides: Mapping[str, tuple[Path, Path]], repeat: int) -> dict[str, Timing] | str:
    """Timings of a run by side, or why it cannot be run on one of them."""
    times: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(repeat):
        for side, (python, folder) in sides.items():
            found = _seconds(python, folder, run)
            if isinstance(found, str):
                return f"{str(folder)!r} cannot run {run}: {found}"
            times[side].append(found)
    return {side: timing(taken) for side, taken in times.items()}


def _compared(figure: Figure, timings: list[dict[str, Timing] | str]) -> dict[str, Any]:
    """A figure on both sides, from the timings of its runs."""
    found = [one for one in timings if not isinstance(one, str)]
    if len(found) < len(timings):
        return {"ratio": None, "reason": next(one for one in timings if isinstance(one, str))}
    here, there = (figure.of(*(one[side] for one in found)) for side in ("here", "there"))
    spread = max(timing.spread for one in found for timing in one.values())
    if here is None or there is None:
        return {"here": here, "there": there, "ratio": None, "spread": spread, "reason": DISTURBED}
    return {"here": here, "there": there, "ratio": here / there, "spread": spread}


def _seconds(python: Path, folder: Path, run: str) -> float | str:
    """Processor time of a run in a checkout [s], or the last line of its complaint."""
    # a checkout names a module of its own to numba, which another one may not have
    known = {name: value for name, value in os.environ.items() if name != VARIABLE}
    command = [str(python), "-c", TEXT, run]
    done = subprocess.run(command, cwd=folder, env=known, capture_output=True, text=True, check=False)
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else float(done.stdout)
