"""``seqmarket compare``: a comparison put together on the command line, run as a study is."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterable
from itertools import islice
from typing import Any

from experiments.cli import provenance
from experiments.cli import run as study_runs
from experiments.runs import levers, ranges, study_file
from experiments.runs import study as studies
from experiments.runs.comparison import Comparison
from experiments.runs.levers import Factor, Span
from experiments.runs.study import Run, Study
from market import discovery
from market.config import MarketConfig
from market.errors import InputError, StrategyError

NAMES = "list"
"""Instead of an outcome's name: print the names."""
OUTCOMES = (
    "user_cost_all_bp", "extracted_bp_of_retail", "unfilled_share", "sequencer_net_usd", "lp_net_bp_per_day",
    "inclusion_delay_s",
)  # fmt: skip
"""What is shown unless outcomes are named."""
ALIASES = {
    "user_cost_bp": (
        "user_cost_all_bp",
        "which counts who is not served; user_cost_served_bp is of executed swaps alone",
    ),
}
"""Names that an outcome has besides its own, and what is said of that."""
MOST_FOUNDED = 100


def main(arguments: argparse.Namespace) -> int:
    """Put the comparison together, write it as a study where that is asked, run what is not finished, and say it."""
    comparison = put_together(arguments)
    name = arguments.as_study or arguments.study
    folder = None
    if arguments.as_study is not None:
        folder = study_file.folder_for(arguments.to)
        study_file.check(name, folder)
    else:
        check_name(name)
        if arguments.to is not None:
            raise InputError(f"--to {arguments.to}: there is nothing to write; allowed: with --as-study NAME")
    study, runs, command = _prepared(comparison, arguments)
    if listed := check_outcomes(comparison, arguments):
        print("\n".join(listed))
        return 0
    if len(comparison.outcomes) > comparison.fitting:
        print(
            f"seqmarket: of {len(comparison.outcomes)} outcomes the table that is printed has the first "
            f"{comparison.fitting}, and the figure those of its first six panels; table.csv has all",
            file=sys.stderr,
        )
    written = [] if folder is None else study_file.write(comparison, name, folder)
    code = study_runs.finish(study, runs, command, arguments)
    for path in written:
        print(path)
    if folder is not None and not study_file.is_found(folder):
        print(f"{discovery.VARIABLE}={shlex.quote(str(folder))} lets `seqmarket run {name}` find it.")
    return code


def prepared(arguments: argparse.Namespace) -> tuple[Study, list[Run], str]:
    """Return study, runs and command that the arguments describe; InputError where they describe none."""
    return _prepared(put_together(arguments), arguments)


def _prepared(comparison: Comparison, arguments: argparse.Namespace) -> tuple[Study, list[Run], str]:
    study = comparison.study(arguments.as_study or arguments.study)
    return study, runs_of(comparison, arguments), provenance.command(arguments, *words(arguments))


def check_name(name: str) -> None:
    """Raise InputError for a name of results that is none, or that is a study's."""
    study_file.check_name("--name", name)
    if name in studies.names():
        raise InputError(f"--name {name}: there is a study of that name; allowed: another name")


def put_together(arguments: argparse.Namespace) -> Comparison:
    """Return the comparison that the arguments describe; InputError for levers that are none."""
    if arguments.name == "compare" and not arguments.vary and arguments.list is None:
        raise InputError(f"compare: nothing varies; {levers.LISTED}, given with --vary or in --list FILE.csv")
    asked = [levers.parse(text) for text in arguments.vary]
    spans = [each for each in asked if isinstance(each, Span)]
    factors: list[Factor] = [] if arguments.list is None else [levers.read_list(arguments.list)]
    if arguments.latin is not None:
        if arguments.sample is not None:
            raise InputError(f"--latin {arguments.latin}: a sample is asked for already; allowed: either, not both")
        arguments.sample = f"lhs:{arguments.latin}"
    if arguments.sample is not None:
        factors.append(levers.sample(arguments.sample, _as_taken(spans, arguments)))
    elif spans:
        raise InputError(
            f"--vary {spans[0].key}: a range; allowed: with --latin N or --sample sobol:N, or values A,B,C"
        )
    factors += [each for each in asked if isinstance(each, Factor)]
    chosen = outcomes_of(arguments.outcome)
    seeds = {"quick_seeds" if arguments.quick else "default_seeds": arguments.seeds}
    default = {} if arguments.seeds is None else seeds
    return Comparison(tuple(factors), chosen or OUTCOMES, **default, settings=tuple(arguments.set),
                      config=arguments.config)  # fmt: skip


def outcomes_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Names of the outcomes in what was typed; of one that has another name it is said which is taken."""
    typed = [name for text in texts for name in text.split(",") if name != NAMES]
    for name in dict.fromkeys(typed):
        if name in ALIASES:
            print(f"seqmarket: {name}: {ALIASES[name][0]}, {ALIASES[name][1]}", file=sys.stderr)
    return tuple(dict.fromkeys(ALIASES[name][0] if name in ALIASES else name for name in typed))


def _as_taken(spans: list[Span], arguments: argparse.Namespace) -> list[Span]:
    """Ranges, marked where their settings take whole numbers only, by the configuration that they are laid over."""
    alone = Comparison((), OUTCOMES, settings=tuple(arguments.set), config=arguments.config)
    config = alone.configured({}, arguments.quick, _as_it_is)
    return [ranges.as_taken(span, config, "--vary") for span in spans]


def check_outcomes(comparison: Comparison, arguments: argparse.Namespace) -> list[str]:
    """Raise InputError where a cell's market cannot be founded or no cell has an outcome; the names, where asked.

    Markets are founded, which takes a moment, and not run: the first cell's and those that differ from it in one lever,
    a hundred at most.
    """
    known: dict[str, Any] = {}
    cells = comparison.one_at_a_time() if comparison.compared() else [next(comparison.cells())]
    for cell in islice(cells, MOST_FOUNDED):
        known |= _founded(comparison.configured(cell, arguments.quick, _as_it_is))
    numbers = [name for name, value in known.items() if not isinstance(value, str) and name not in ("seed", "seconds")]
    if NAMES in arguments.outcome:
        return sorted(numbers)
    for name in comparison.outcomes:
        if name not in numbers:
            raise InputError(f"--outcome: {discovery.unknown(name, sorted(numbers))}")
    return []


def _founded(config: MarketConfig) -> dict[str, Any]:
    """Outcomes of a market that has not begun, for their names; a strategy's fault is its runs' to report."""
    from agents.population import Population
    from experiments.runs import machine, needs
    from market.measures.outcomes import outcomes
    from market.model import SequencerMarket

    needs.estimate(config).check(machine.available())
    try:
        return outcomes(SequencerMarket(config, 1, Population(config)))
    except StrategyError:
        return {}


def words(arguments: argparse.Namespace) -> Iterable[str]:
    """What to type to put the comparison together so."""
    yield from (f"--vary {shlex.quote(text)}" for text in arguments.vary)
    yield from () if arguments.list is None else (f"--list {shlex.quote(str(arguments.list))}",)
    if arguments.sample is not None:  # with its seed, whether that was typed or not
        stated = arguments.sample.count(":") > 1
        yield f"--sample {arguments.sample}" + ("" if stated else f":{levers.SAMPLE_SEED}")
    yield from (f"--outcome {shlex.quote(text)}" for text in arguments.outcome)
    name = vars(arguments).get("as_study") or arguments.study
    yield from () if name == arguments.name else (f"--name {name}",)


def runs_of(comparison: Comparison, arguments: argparse.Namespace) -> list[Run]:
    """Every cell at every seed."""
    return list(comparison.runs(arguments.seeds, arguments.quick, _as_it_is))


def _as_it_is(base: Any) -> Any:
    """Settings are the comparison's own, laid over before its levers."""
    return base
