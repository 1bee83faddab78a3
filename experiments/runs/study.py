"""What a study is. One file in ``experiments/studies`` is one study; nothing else is edited.

The file has these module-level names::

    TITLE = "..."            a line for lists and figures (a literal, so that listing imports nothing)
    QUESTION = "..."         what is asked
    HYPOTHESIS = "..."       what is expected, before looking

    def runs(seeds: int | None, quick: bool, configure: Configure) -> Iterable[Run]:
        '''The grid, in the order of the rows of runs.parquet.'''

    def execute(run: Run) -> dict[str, float | int | str]:
        '''Outcomes of one run. Default: a market, `experiments.runs.run.run_one(run.config, run.seed)`.'''

    def table(runs: pandas.DataFrame) -> pandas.DataFrame:
        '''The headline table, from the finished rows of runs.parquet.'''

    def summary(runs: pandas.DataFrame) -> pandas.DataFrame:
        '''What the figure draws, from the same rows: see `experiments.analysis.summaries`. Default: mean and interval
        of every numeric outcome by levers and regime.'''

    def answer(runs: pandas.DataFrame) -> str:
        '''The question's answer in a sentence, with its numbers, from the same rows. Default: none is given.'''

    def headlines(runs: pandas.DataFrame) -> list[Headline]:
        '''The paired differences that the answer states, which stand below the table with their sizes over the spread
        between seeds: see `experiments.analysis.headlines`. Default: it states none.'''

    PRINTED = ("regime", "users' cost [bp]")
        columns of the table that are printed, eight at most; default: all of them. All are in table.csv.

    SOURCE = "..."           for a study that has no ``execute``, and whose runs follow from their configurations: the
                             module whose source they depend on, in place of this file

Its figures are the modules of figures/ that have its name, or begin with its name and an underscore.

``seeds`` is the number of seeds that the user asked for, None for the study's own default (:func:`seeds`); ``quick``
asks for a grid of less than a minute. ``configure(base)`` applies the user's ``--config`` and ``--set`` to a
configuration: a study passes each of its configurations through it, after its own settings, so that the user has the
last word. A study without a market defines its own frozen pydantic model and does the same.

``execute`` is called in another process and must not depend on anything but the run. Its outcomes are numbers and
strings. The key ``seconds`` and keys that end in ``_seconds`` are wall-clock time: they go to study.json and never into
runs.parquet (simulated time ends in ``_s``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from market import discovery
from market.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from experiments.analysis.headlines import Headline

PACKAGE = "experiments.studies"

type Outcome = float | int | str | None
type Configure = Callable[[Any], Any]


@dataclass(frozen=True)
class Run:
    """One cell of a study's grid: everything that determines the outcomes of one row.

    Parameters
    ----------
    levers : what the study varies, by column name of runs.parquet (numbers, strings or booleans)
    regime : name of the sequencing regime; empty for a study without one
    seed : non-negative integer; the same seed under two regimes draws the same exogenous world
    config : frozen configuration; None for a study that needs none
    """

    levers: Mapping[str, Any]
    regime: str
    seed: int
    config: BaseModel | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Study:
    """A study's module with the defaults filled in; see the module's description for the fields."""

    name: str
    title: str
    question: str
    hypothesis: str
    figures: tuple[str, ...]
    runs: Callable[[int | None, bool, Configure], Iterable[Run]]
    table: Callable[[pd.DataFrame], pd.DataFrame]
    summary: Callable[[pd.DataFrame], pd.DataFrame] | None
    answer: Callable[[pd.DataFrame], str] | None
    printed: tuple[str, ...] | None
    execute: Callable[[Run], Mapping[str, Outcome]]
    has_market: bool
    headlines: Callable[[pd.DataFrame], Sequence[Headline]] | None = None
    source: str = ""
    """Module whose source its runs depend on in place of its own file; it then travels to workers as it is."""
    stated: Callable[[], Mapping[str, Any]] = dict
    """What study.json says besides."""
    files: Callable[[], Mapping[str, bytes]] = dict
    """What stands beside it, by file name."""


def names() -> list[str]:
    """Sorted names of the studies that exist."""
    return discovery.modules(PACKAGE)


def load(name: str) -> Study:
    """Import a study. Raises InputError when there is none of that name or it lacks a part of the contract."""
    module = discovery.load(PACKAGE, name)
    own = getattr(module, "execute", None)
    return Study(
        name=name,
        title=_part(module, "TITLE"),
        question=_part(module, "QUESTION"),
        hypothesis=_part(module, "HYPOTHESIS"),
        figures=figures(name),
        runs=_part(module, "runs"),
        table=_part(module, "table"),
        summary=getattr(module, "summary", None),
        answer=getattr(module, "answer", None),
        printed=getattr(module, "PRINTED", None),
        execute=own or execute_market,
        has_market=own is None,
        headlines=getattr(module, "headlines", None),
        source=getattr(module, "SOURCE", "") if own is None else "",
    )


def figures(name: str) -> tuple[str, ...]:
    """Modules of figures/ that draw a study, its main one first; one that two studies' names begin is the longer's."""
    studies = names()

    def owner(figure: str) -> str:
        return max((study for study in studies if f"{figure}_".startswith(f"{study}_")), key=len, default="")

    return tuple(sorted(figure for figure in discovery.modules("figures") if owner(figure) == name))


def part(study: str, figure: str) -> str:
    """What the name of a figure adds to that of its study: empty, or an underscore and more."""
    return figure.removeprefix(study) if figure.startswith(f"{study}_") else ""


def seeds(asked: int | None, default: int) -> range:
    """Seeds 1, 2, ... of a study: as many as asked for, else its default."""
    return range(1, (default if asked is None else asked) + 1)


def run_id(study: str, run: Run) -> str:
    """Short stable name of a run: 16 hexadecimal digits of (study, configuration, levers, regime, seed).

    A replayed price file counts by its contents, so that another file under the same name is another run.
    """
    config = None if run.config is None else run.config.model_dump(mode="json")
    prices = getattr(getattr(run.config, "prices", None), "file", None)
    parts: dict[str, Any] = {"study": study, "config": config, "levers": dict(run.levers)}
    parts |= {"regime": run.regime, "seed": run.seed}
    if isinstance(prices, Path) and prices.is_file():
        parts["prices"] = hashlib.sha256(prices.read_bytes()).hexdigest()
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def execute_market(run: Run) -> Mapping[str, Outcome]:
    """Outcomes of the market that a run configures."""
    from experiments.runs.run import run_one
    from market.config import MarketConfig

    if not isinstance(run.config, MarketConfig):
        raise InputError("a run without a MarketConfig needs the study's own execute()")
    return run_one(run.config, run.seed)


def _part(module: ModuleType, name: str) -> Any:
    if not hasattr(module, name):
        raise InputError(f"{module.__file__}: {name} is missing; a study has TITLE, QUESTION, HYPOTHESIS, runs, table")
    return getattr(module, name)
