"""``seqmarket sensitivity``: which levers an outcome depends on, over their ranges, run and resumed as a study is."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from experiments.cli import compare, provenance
from experiments.cli import run as study_runs
from experiments.runs import configuration, levers, ranges
from experiments.runs import design as designs
from experiments.runs.comparison import Comparison
from experiments.runs.levers import REGIME, Factor, Span
from experiments.runs.sensitivity import Sensitivity, points_of
from experiments.runs.study import Run, Study
from market.config import MarketConfig
from market.errors import InputError

SEEDS, QUICK_SEEDS = 5, 2
TRIES = 2
"""How often a run is made that fails: its strand is lost with it."""
EXAMPLE = "allowed: LEVER=LOW:HIGH or LEVER=A,B,C with a dotted key, as in assets.0.volatility=0.4:1.2"


def main(arguments: argparse.Namespace) -> int:
    """Put the design together, run what is not finished, make again what failed, and say what it shows."""
    compare.check_name(arguments.study)
    asked = put_together(arguments)
    with _of_levers():
        listed = compare.check_outcomes(asked.comparison, arguments)
    if listed:
        print("\n".join(listed))
        return 0
    seeds = arguments.seeds or (QUICK_SEEDS if arguments.quick else SEEDS)
    print(f"seqmarket: {asked.size}, at {'one seed' if seeds == 1 else f'{seeds} seeds each'}", file=sys.stderr)
    return study_runs.finish(*_prepared(asked, arguments), arguments, tries=TRIES)


def prepared(arguments: argparse.Namespace) -> tuple[Study, list[Run], str]:
    """Return study, runs and command that the arguments describe; InputError where they describe none."""
    compare.check_name(arguments.study)
    return _prepared(put_together(arguments), arguments)


def _prepared(asked: Sensitivity, arguments: argparse.Namespace) -> tuple[Study, list[Run], str]:
    with _of_levers():
        runs = compare.runs_of(asked.comparison, arguments)
    return asked.study(arguments.study), runs, provenance.command(arguments, *words(arguments))


def put_together(arguments: argparse.Namespace) -> Sensitivity:
    """Return the analysis that the arguments describe; InputError for levers or a design that are none."""
    if not arguments.lever:
        raise InputError(f"sensitivity: nothing varies; {EXAMPLE}, given with --lever")
    with _of_levers():
        asked = [levers.parse(text, "--lever") for text in arguments.lever]
        outcomes = compare.outcomes_of(arguments.outcome)
        regime = () if arguments.regime is None else (Factor((REGIME,), ((arguments.regime,),)),)
        base = Comparison(regime, outcomes or compare.OUTCOMES, SEEDS, QUICK_SEEDS, tuple(arguments.set),
                          arguments.config)  # fmt: skip
        config = base.configured(next(base.cells()), arguments.quick, lambda laid: laid)
        known = [ranges.as_taken(each, config, "--lever") if isinstance(each, Span) else each for each in asked]
        design = designs.parse(arguments.method, known)
        own = {key: _own(config, key) for key in design.keys} if design.needs_own else dict.fromkeys(design.keys, "")
        comparison = Comparison((points_of(design, own), *regime), base.outcomes, SEEDS, QUICK_SEEDS, base.settings,
                                base.config)  # fmt: skip
        return Sensitivity(design, tuple(own.values()), comparison)


def _own(config: MarketConfig, key: str) -> str:
    """Text of what a configuration has at a lever; InputError where it has nothing that a lever may be set to."""
    value: Any = configuration.value_at(config, key)
    value = config.regime.name if key == REGIME else getattr(value, "kind", value)
    if not isinstance(value, bool | int | float | str):
        what = "a lever of which the configuration has a number or a name, or --method morris:N or sobol:N"
        raise InputError(f"--lever {key}: the configuration has no value of it to come back to; allowed: {what}")
    return json.dumps(value) if isinstance(value, bool) else str(value)


@contextmanager
def _of_levers() -> Iterator[None]:
    """Say --lever where a comparison would say --vary."""
    try:
        yield
    except InputError as error:
        raise InputError(str(error).replace("--vary", "--lever", 1)) from error


def words(arguments: argparse.Namespace) -> Iterable[str]:
    """What to type to put the analysis together so."""
    yield from (f"--lever {shlex.quote(text)}" for text in arguments.lever)
    stated = arguments.method.count(":") > 1
    yield f"--method {shlex.quote(arguments.method)}" + ("" if stated else f":{levers.SAMPLE_SEED}")
    yield from (f"--outcome {shlex.quote(text)}" for text in arguments.outcome)
    yield from () if arguments.regime is None else (f"--regime {shlex.quote(arguments.regime)}",)
    yield from () if arguments.study == arguments.name else (f"--name {arguments.study}",)
