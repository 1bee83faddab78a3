"""Indices of levers with intervals that cover both what they are estimated from: points of the design, and seeds."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.analysis import statistics
from experiments.analysis.summaries import Row
from experiments.runs.design import Design
from market.errors import InputError

NORMAL = 1.959963984540054
"""Quantile of the normal law for 95%."""
RESAMPLES = 200
"""Of the strands, for the standard error of an index."""


class Index(NamedTuple):
    """An index of each lever, and its standard error by the points of the design; shape (levers,) each."""

    values: NDArray[np.float64]
    errors: NDArray[np.float64]


type Analyse = Callable[[NDArray[np.float64], NDArray[np.float64], int], Mapping[str, Index]]
"""Indices by name, from points, shape (points, levers), the outcome at each, shape (points,), and a seed."""


def salib(module: str) -> ModuleType:
    """Return a module of SALib; InputError where it is not installed."""
    try:
        return importlib.import_module(f"SALib.{module}")
    except ImportError as error:
        method = module.rpartition(".")[2]
        needs = "needs the extra 'sensitivity'; `uv sync --extra sensitivity` installs it"
        raise InputError(f"--method {method}: {needs}") from error


def seeded(seed: int) -> int:
    """Return what to give SALib as a seed: it draws anew each time where it is given 0."""
    return seed + 1


def problem(levers: int) -> dict[str, object]:
    """Levers as SALib is to know them: by their shares of their ranges."""
    return {"num_vars": levers, "names": [str(lever) for lever in range(levers)], "bounds": [[0.0, 1.0]] * levers}


def rows(design: Design, samples: NDArray[np.float64], whole: NDArray[np.bool_], analyse: Analyse) -> Iterator[Row]:
    """Rows of every index of every lever.

    The standard error is that of SALib's resampling of strands and the jackknife's over seeds together, as of two
    sources that have nothing to do with each other; the interval is the normal law's. With one seed it covers the
    points alone.
    """
    points = np.array(design.points, dtype=np.float64)[whole]
    kept = samples[whole]
    seeds = samples.shape[1]

    @cache
    def found(chosen: tuple[int, ...]) -> Mapping[str, Index]:
        return analyse(points, kept[:, list(chosen)].mean(axis=1), seeded(design.seed))

    if not len(points):
        return
    every = found(tuple(range(seeds)))
    for place, key in enumerate(design.keys):
        for name, index in every.items():
            by_seeds = statistics.pooled(
                lambda chosen, name=name, place=place: float(found(tuple(chosen.tolist()))[name].values[place]), seeds
            )
            yield {"lever": key, "index": name} | _interval(
                float(index.values[place]), float(index.errors[place]), by_seeds["standard_error"], seeds
            )


def _interval(value: float, by_points: float, by_seeds: float, seeds: int) -> Row:
    error = math.hypot(by_points, by_seeds) if seeds > 1 else by_points
    ends = {"low": value - NORMAL * error, "high": value + NORMAL * error}
    return {"n": seeds, "mean": value, "standard_error": error, **ends, "values": []}
