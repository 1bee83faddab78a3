"""One lever at a time: the outcome over a lever's range, all others as the configuration has them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from experiments.analysis import summaries
from experiments.analysis.summaries import Row
from experiments.runs import levers as lever_texts
from experiments.runs.design import Design

TITLE = "Curves of one lever at a time"
SIZES = "N from 2 to 100 values of each lever"
STRANDS = "points"
HEADLINE = "change"
INDICES = {"level": "mean over seeds", "change": "from the first to the last value, within a seed"}


def allowed(size: int) -> bool:
    """Return whether a lever may have as many values."""
    return 2 <= size <= 100


def points(levers: int, size: int, seed: int) -> tuple[list[list[float | None]], list[int]]:
    """Return evenly spaced points along each lever; nothing about them is random."""
    del seed
    found: list[list[float | None]] = []
    for lever in range(levers):
        for share in np.linspace(0.0, 1.0, size).tolist():
            point: list[float | None] = [None] * levers
            point[lever] = share
            found.append(point)
    return found, list(range(len(found)))


def rows(design: Design, samples: NDArray[np.float64], whole: NDArray[np.bool_]) -> Iterator[Row]:
    """Rows of the level at each value of each lever, and of the change from its first value to its last."""
    for place, lever in enumerate(design.levers):
        key = lever.keys[0]
        curve: dict[str, NDArray[np.float64]] = {}
        known: dict[str, bool] = {}
        for at, point in enumerate(design.points):
            if (share := point[place]) is not None:  # of whole numbers and lists, several shares are one value
                text = lever_texts.text_at(lever, share)
                curve[text], known[text] = samples[at], bool(whole[at])
        for text, values in curve.items():
            if known[text]:
                yield summaries.row("", values, lever=key, index="level", at=text)
        first, last = next(iter(curve)), next(reversed(curve))
        if known[first] and known[last]:
            yield summaries.row("", curve[last] - curve[first], lever=key, index="change")
