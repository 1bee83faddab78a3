"""This checkout against another one: the reference scenario under several regimes, the two taking turns."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.bench.timing import REPEAT, timing
from market.errors import InputError
from market.kernel.cache import VARIABLE

REGIMES = ("siloed", "timeboost", "pbs", "espresso", "centralized_shared")
HORIZON_S = 600.0
HERE = Path(__file__).resolve().parents[2]
CODE = """
import sys, time
from agents.population import Population
try:
    from experiments.markets.scenarios import reference
except ImportError:  # where the rooms were not yet
    from experiments.scenarios import reference
from market import regimes
from market.model import SequencerMarket
for _ in range(2):
    config = reference(regime=regimes.load(sys.argv[1])).model_copy(update={"horizon_s": float(sys.argv[2])})
    market = SequencerMarket(config, 1, Population(config))
    began = time.process_time()
    market.run()
print(time.process_time() - began)
"""
"""What each checkout runs, the second time to be timed: the first may compile."""


def against(
    other: Path, names: Sequence[str] = REGIMES, repeat: int = REPEAT, horizon_s: float = HORIZON_S
) -> dict[str, dict[str, float]]:
    """Return, by regime, processor times of a run here and there, their ratio, and the spread of either.

    Parameters
    ----------
    other
        folder of the other checkout, its packages installed in its folder `.venv`
    names
        regimes that both know
    repeat
        repetitions, of which the fastest counts
    horizon_s
        length of a run [s]

    Raises
    ------
    InputError
        where there is no such checkout, or it cannot run a market
    """
    there = python_of(other)
    found = {}
    for name in names:
        times: dict[str, list[float]] = {"here": [], "there": []}
        for _ in range(repeat):
            for side, python, folder in (("here", Path(sys.executable), HERE), ("there", there, other)):
                times[side].append(_seconds(python, folder, name, horizon_s))
        here, elsewhere = timing(times["here"]), timing(times["there"])
        found[name] = {
            "here_s": here.seconds, "there_s": elsewhere.seconds, "ratio": here.seconds / elsewhere.seconds,
            "here_spread": here.spread, "there_spread": elsewhere.spread,
        }  # fmt: skip
    return found


def python_of(checkout: Path) -> Path:
    """Return the interpreter that a checkout has installed its packages for; raises InputError without one."""
    for python in (checkout / ".venv" / "bin" / "python", checkout / ".venv" / "Scripts" / "python.exe"):
        if python.exists():
            return python.absolute()
    raise InputError(f"--against: no .venv in {str(checkout)!r}; allowed: a checkout in which `uv sync` was run")


def _seconds(python: Path, folder: Path, regime: str, horizon_s: float) -> float:
    command = [str(python), "-c", CODE, regime, str(horizon_s)]
    # a checkout names a module of its own to numba, which another one may not have
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise InputError(
            f"--against: {str(folder)!r} cannot run {regime}: {last}; allowed: a checkout that has the reference "
            "scenario and the regime"
        )
    return float(done.stdout)
