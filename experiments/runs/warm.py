"""Compiling: what a run needs, before or while others do, or everything that the named regimes need.

Processes that need the same function at once leave it to one of them (`market.kernel.turns`). What executes blocks and
what writes them take about as long to compile as each other, so that two processes begin with one of these each.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

from agents.population import Population
from experiments.markets.scenarios import reference
from experiments.runs.run import run_one
from market import regimes
from market.execution import execute_block
from market.intents.rows import blank
from market.kernel import late
from market.kernel.interpreted import interpreted
from market.kernel.warm import compiled, mark_compiled
from market.model import SequencerMarket

SHORT_S = 6.0
"""Simulated time after which a market in which little happens has called most of what it calls [s]."""
CRASH, CRASH_S, CRASH_SEED = "siloed_extractive", 90.0, 2
"""A market that goes on until people are liquidated and act on it: they compile what a calm start does not."""


def begin(part: str) -> None:
    """Compile one of the `PARTS` of what any market needs; nothing to do where that is done."""
    if interpreted() or compiled(part):
        return
    config = reference(regime=regimes.load(CRASH), quick=True).model_copy(update={"horizon_s": SHORT_S})
    PARTS[part](SequencerMarket(config, 0, Population(config)))
    mark_compiled(part)


def _executing(market: SequencerMarket) -> None:
    """Compile what executes blocks."""
    execute_block(market.world.state, blank(1), 0.0, 0, 0)


def _writing(market: SequencerMarket) -> None:
    """Compile the rest: a market whose blocks are written and never executed."""
    market.execute = lambda slot: None  # type: ignore[method-assign]
    market.run()


PARTS: dict[str, Callable[[SequencerMarket], None]] = {"executing": _executing, "writing": _writing}


def everything(processes: int = 1) -> None:
    """Compile once all that the named regimes need in the reference scenario, and the rules of every venue.

    Nothing is to do where that is done.
    """
    if interpreted() or compiled():
        return
    ends = [(name, SHORT_S, 0) for name in regimes.names()] + [(CRASH, CRASH_S, CRASH_SEED)]
    if processes == 1:
        for end in ends:
            _run(*end)
        late.compile_all()
    else:
        with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
            parts = [pool.submit(begin, part) for part in PARTS]
            parts += [pool.submit(_run, *end) for end in reversed(ends)]
            parts.append(pool.submit(late.compile_all))
            for part in parts:
                part.result()
    mark_compiled()


def _run(regime: str, horizon_s: float, seed: int) -> None:
    run_one(reference(regime=regimes.load(regime), quick=True).model_copy(update={"horizon_s": horizon_s}), seed)
