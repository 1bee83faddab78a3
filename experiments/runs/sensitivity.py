"""A sensitivity analysis: the points of a design as cells of a comparison, and the study that it amounts to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.analysis import sensitivity
from experiments.later import pd
from experiments.runs.comparison import HYPOTHESIS, MOST_PRINTED, SOURCE, Comparison
from experiments.runs.design import Design
from experiments.runs.levers import Factor, Span
from experiments.runs.study import Study, execute_market

FIGURE = "sensitivity"
PICKLED = "design.pickle"


@dataclass(frozen=True)
class Sensitivity:
    """A design, and its points once each as the cells of a comparison, all at the same seeds.

    Parameters
    ----------
    design : the points
    own : texts of the levers that the configuration has by itself
    comparison : has the points as its first factor
    """

    design: Design
    own: tuple[str, ...]
    comparison: Comparison

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Names of the outcomes that are analysed."""
        return self.comparison.outcomes

    @property
    def title(self) -> str:
        """What is done to which levers."""
        return f"{self.design.module.TITLE}: {', '.join(self.design.keys)}"

    @property
    def question(self) -> str:
        """What is asked: what the levers do over which ranges."""
        ranges = ", ".join(f"{lever.keys[0]} ({_range(lever)})" for lever in self.design.levers)
        return f"How much do {ranges} change {', '.join(self.outcomes)}?"

    @property
    def size(self) -> str:
        """How many points there are, in words."""
        strands = len(set(self.design.strands))
        cells = len(self.comparison.factors[0].rows)
        points = f"{len(self.design.points)} points, {cells} of them different"
        return points if strands == len(self.design.points) else f"{strands} {self.design.module.STRANDS}, {points}"

    def values(self) -> list[tuple[Any, ...]]:
        """Values of the levers at each point, as tables have them."""
        texts = self.comparison.tabulated()
        cells = self.design.cells(dict(zip(self.design.keys, self.own, strict=True)))
        return [tuple(texts[key][text] for key, text in zip(self.design.keys, cell, strict=True)) for cell in cells]

    def summary(self, runs: pd.DataFrame) -> pd.DataFrame:
        """Indices, noise and what was dropped."""
        return sensitivity.summary(runs, self.design, self.values(), self.outcomes)

    def table(self, runs: pd.DataFrame) -> pd.DataFrame:
        """The same as printed."""
        return sensitivity.table(self.summary(runs), self.design, self.outcomes)

    def answer(self, runs: pd.DataFrame) -> str:
        """Which lever counts most."""
        return sensitivity.answer(self.summary(runs), self.design)

    def stated(self) -> dict[str, Any]:
        """What study.json says of the design."""
        content = self.design.pickled()
        return {
            "design": {
                "method": self.design.method,
                "size": self.design.size,
                "seed": self.design.seed,
                "levers": {lever.keys[0]: _range(lever) for lever in self.design.levers},
                "own_values": dict(zip(self.design.keys, self.own, strict=True)),
                "points": len(self.design.points),
                "strands": len(set(self.design.strands)),
                "pickle": PICKLED,
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        }

    def files(self) -> dict[str, bytes]:
        """The pickled design."""
        return {PICKLED: self.design.pickled()}

    def study(self, name: str, execute: Any = None) -> Study:
        """Return the study that this amounts to; `execute` is a run's, in place of a market."""
        return Study(
            name=name,
            title=self.title,
            question=self.question,
            hypothesis=HYPOTHESIS,
            figures=(FIGURE,),
            runs=self.comparison.runs,
            table=self.table,
            summary=self.summary,
            answer=self.answer,
            printed=sensitivity.columns(self.outcomes[: MOST_PRINTED - 2]),
            execute=execute or execute_market,
            has_market=execute is None,
            source=SOURCE,
            stated=self.stated,
            files=self.files,
        )


def points_of(design: Design, own: Mapping[str, str]) -> Factor:
    """Return the different points of a design as a factor of a comparison."""
    return Factor(tuple(design.keys), tuple(dict.fromkeys(design.cells(own))), compared=False)


def _range(lever: Factor | Span) -> str:
    if isinstance(lever, Span):
        return f"{lever.low:g} to {lever.high:g}"
    return ", ".join(row[0] for row in lever.rows)
