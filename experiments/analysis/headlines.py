"""Paired differences that a study's answer states, each with its interval and its size over the spread between seeds.

A study whose answer states any has ``headlines(runs)``, which names them. The answer takes its numbers from what that
returns (:attr:`Headline.said`), and below the study's table stands that of its headlines (:func:`table`): no difference
is stated that is not judged there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.analysis import answers, statistics, written
from experiments.later import pd

type BySeed = Any
"""A pandas.Series with seeds as its index; the types of pandas do not tell a column from a frame."""

TITLE = "Differences that the answer states"


@dataclass(frozen=True, eq=False)
class Headline:
    """A paired difference.

    Parameters
    ----------
    what : of which outcome, where, and less what, in words
    sample : shape (seeds,), difference of each seed
    level : shape (seeds,), what it is a difference to; it tells how far seeds are apart
    unit : in which it is shown
    scale : from the outcome's unit to that
    chance : of error, corrected for the number of differences that are judged together
    """

    what: str
    sample: NDArray[np.float64]
    level: NDArray[np.float64]
    unit: str
    scale: float
    chance: float

    @cached_property
    def said(self) -> str:
        """Mean and interval as an answer states them, "open" behind them unless they are settled."""
        return answers.change(self.sample, self.unit, self.scale, self.chance)


def pair(
    what: str, amount: BySeed, base: BySeed, unit: str, scale: float = 1.0, chance: float | None = None
) -> Headline:
    """Return an amount less its base at the same seed.

    Parameters
    ----------
    what, unit, scale, chance : as in :class:`Headline`; default of chance: that of this difference by itself
    amount, base : by seed; seeds that either lacks are left out
    """
    change = (amount - base).dropna()
    sample, level = change.to_numpy(float), base.reindex(change.index).to_numpy(float)
    return Headline(what, sample, level, unit, scale, statistics.chance(sample) if chance is None else chance)


def together[Name](found: Mapping[Name, Headline]) -> dict[Name, Headline]:
    """Return the same differences with their chances of error corrected by Holm for how many they are."""
    chances = statistics.holm([one.chance for one in found.values()])
    return {
        name: replace(one, chance=float(chance)) for (name, one), chance in zip(found.items(), chances, strict=True)
    }


def table(found: Sequence[Headline]) -> pd.DataFrame:
    """A row for each difference: mean, interval, size over the spread of its level between seeds, and verdict."""
    return pd.DataFrame([_row(one) for one in found], columns=list(_COLUMNS))


_COLUMNS = ("difference", "unit", "mean", "95% interval", "over the spread between seeds", "verdict (p)")


def _row(one: Headline) -> dict[str, str]:
    found = statistics.describe(one.scale * one.sample)
    size = statistics.over_spread(one.sample, one.level)
    judged = {"verdict": statistics.verdict(one.sample, one.chance), "corrected": one.chance}
    cells = (one.what, one.unit, written.number(found["mean"]), written.interval(found), written.number(size))
    return dict(zip(_COLUMNS, (*cells, written.verdict(judged)), strict=True))
