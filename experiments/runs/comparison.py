"""A comparison that no file holds: levers crossed with one another on the reference scenario, and the study of them.

``seqmarket compare`` puts one together, and a study file that it writes holds one. A run is the reference scenario
under the cell's regime, with the comparison's configuration file and settings laid over it, and then the cell's levers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path

from experiments.analysis import comparisons, statistics
from experiments.later import pd
from experiments.runs import configuration, dotted, levers
from experiments.runs.levers import REGIME, Factor
from experiments.runs.study import Configure, Run, Study, execute_market, seeds
from market.config import MarketConfig
from market.errors import InputError

BASELINE = "siloed"
MOST_CELLS = 10_000
MOST_PRINTED = 8
FIGURE = "compare"
HYPOTHESIS = "None was stated beforehand."
SOURCE = "experiments.runs.run"
"""What the numbers of a comparison's runs depend on besides market and agents: not on how they are summarised."""


@dataclass(frozen=True)
class Comparison:
    """Levers, outcomes, seeds, and what is laid over the reference scenario in every cell.

    Parameters
    ----------
    factors : levers by what varies together; cells are their product, the last factor varying fastest
    outcomes : names of outcomes in table and figure; runs.parquet holds all
    default_seeds, quick_seeds : number of seeds unless another is asked for, and with ``--quick``
    settings : ``key=value`` of every cell
    config : TOML file laid over every cell before them
    """

    factors: tuple[Factor, ...]
    outcomes: tuple[str, ...]
    default_seeds: int = statistics.ENOUGH
    quick_seeds: int = 2
    settings: tuple[str, ...] = ()
    config: Path | None = None

    def __post_init__(self) -> None:
        keys = self.keys
        for at, key in enumerate(keys):
            if any(dotted.within(key, before) and dotted.within(before, key) for before in keys[:at]):
                raise InputError(f"--vary {key}: is varied twice; allowed: each lever once")
        for setting in self.settings:
            known = configuration.key_of(setting)
            for key in keys:
                if known == key or (key != REGIME and dotted.within(known, key)):
                    raise InputError(f"--set {known}: {key} is varied; allowed: either, not both")
        if (count := prod(len(factor.rows) for factor in self.factors)) > MOST_CELLS:
            raise InputError(f"--vary: {count} cells; allowed: up to {MOST_CELLS}")

    @property
    def keys(self) -> list[str]:
        """Levers in the order given."""
        return [key for factor in self.factors for key in factor.keys]

    @property
    def title(self) -> str:
        """What is compared."""
        return f"Comparison by {', '.join(self.keys) or 'seed'}"

    @property
    def question(self) -> str:
        """What is asked: which levers, and which of their values, change what."""
        parts = []
        for factor in self.factors:
            values = [" / ".join(row) for row in factor.rows]
            few = ", ".join(values) if len(values) <= 6 else f"{len(values)} cells"
            parts.append(f"{' and '.join(factor.keys)} ({few})")
        return f"What do {', '.join(parts) or 'seeds'} change in {', '.join(self.outcomes)}?"

    @property
    def printed(self) -> tuple[str, ...]:
        """Columns of the table that are printed: levers, and the outcomes that fit beside them."""
        return comparisons.columns(self.keys, self.outcomes[: self.fitting])

    @property
    def fitting(self) -> int:
        """How many outcomes fit beside the levers in the table that is printed: one at least."""
        return max(1, MOST_PRINTED - len(self.keys) - 1)

    def cells(self) -> Iterator[dict[str, str]]:
        """Texts of the levers of each cell."""
        for rows in product(*(factor.rows for factor in self.factors)):
            keyed = zip(self.factors, rows, strict=True)
            yield {key: text for factor, row in keyed for key, text in zip(factor.keys, row, strict=True)}

    def one_at_a_time(self) -> Iterator[dict[str, str]]:
        """The first cell, and those that differ from it in one factor."""
        first = next(self.cells())
        yield first
        for factor in self.factors:
            for row in factor.rows[1:]:
                yield first | dict(zip(factor.keys, row, strict=True))

    def configured(self, cell: Mapping[str, str], quick: bool, configure: Configure) -> MarketConfig:
        """Return the configuration of a cell; InputError where it is none, or where a setting undoes a lever."""
        from experiments.markets.scenarios import reference
        from market.regimes import load

        base = reference(regime=load(cell.get(REGIME, BASELINE)), quick=quick)
        laid = configuration.load(self.config, self.settings, base)
        settings = [f"{key}={text}" for key, text in cell.items() if key != REGIME]
        try:
            varied = configuration.load(None, settings, laid)
        except InputError as error:
            raise InputError(str(error).replace("--set ", "--vary ", 1)) from error
        config = configure(varied)
        for key, text in cell.items():
            kept = config.regime.name == text if key == REGIME else _same(varied, config, key)
            if not kept:
                raise InputError(f"{key}: is varied, and a setting or file gives it another value; allowed: either")
        return config

    def runs(self, asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
        """Every cell at every seed."""
        values = self.tabulated()
        for cell in self.cells():
            config = self.configured(cell, quick, configure)
            shown = {key: values[key][text] for key, text in cell.items() if key != REGIME}
            for seed in seeds(asked, self.quick_seeds if quick else self.default_seeds):
                yield Run(shown, config.regime.name, seed, config)

    def tabulated(self) -> dict[str, dict[str, object]]:
        """What each text of each lever is in tables."""
        found = {}
        for factor in self.factors:
            for key, texts in zip(factor.keys, zip(*factor.rows, strict=True), strict=True):
                found[key] = dict(zip(texts, levers.column(texts), strict=True))
        return found

    def compared(self) -> list[comparisons.Base]:
        """What is compared with what: the levers of each factor, and their values in its first row."""
        values = self.tabulated()
        return [
            {key: values[key][text] for key, text in zip(factor.keys, factor.rows[0], strict=True)}
            for factor in self.factors
            if factor.compared and len(factor.rows) > 1
        ]

    def summary(self, runs: pd.DataFrame) -> pd.DataFrame:
        """Levels of the outcomes by cell, and paired differences."""
        return comparisons.summary(runs, self.keys, self.compared(), self.outcomes)

    def table(self, runs: pd.DataFrame) -> pd.DataFrame:
        """The same as printed."""
        return comparisons.table(self.summary(runs), self.keys, self.outcomes)

    def answer(self, runs: pd.DataFrame) -> str:
        """How many differences are settled, and the largest."""
        return comparisons.answer(self.summary(runs), self.keys)

    def study(self, name: str) -> Study:
        """Return the study that this amounts to."""
        return Study(
            name=name,
            title=self.title,
            question=self.question,
            hypothesis=HYPOTHESIS,
            figures=(FIGURE,),
            runs=self.runs,
            table=self.table,
            summary=self.summary,
            answer=self.answer,
            printed=self.printed,
            execute=execute_market,
            has_market=True,
            source=SOURCE,
        )


def _same(one: MarketConfig, other: MarketConfig, key: str) -> bool:
    return configuration.value_at(one, key) == configuration.value_at(other, key)
