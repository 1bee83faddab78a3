"""Populations that say until when they send nothing are not asked before; all others are asked whenever time moves."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from market.access.crowds import Populations
from market.intents.rows import NO_ROWS, blank


class Silent:
    """Says nothing of when it sends, and sends nothing."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, float]] = []

    def submit(self, time: float, until: float) -> np.ndarray:
        self.asked.append((time, until))
        return NO_ROWS

    def learn(self, rows: np.ndarray) -> None: ...


class Punctual(Silent):
    """Sends one intent at each whole multiple of 10 s."""

    idle_until = 10.0

    def submit(self, time: float, until: float) -> np.ndarray:
        super().submit(time, until)
        if until < self.idle_until:
            return NO_ROWS
        self.idle_until += 10.0
        return blank(1)


class Box:
    """Takes what is handed in."""

    def __init__(self) -> None:
        self.count = 0

    def submit(self, rows: np.ndarray) -> None:
        self.count += rows.size


def sent(populations: Populations, times: list[float]) -> int:
    box: Any = Box()
    for time, until in pairwise(times):
        populations.send(time, until, box)
    return box.count


def test_who_states_no_time_is_asked_always() -> None:
    silent = Silent()
    assert sent(Populations([silent]), [0.0, 1.0, 2.0, 5.0]) == 0
    assert silent.asked == [(0.0, 1.0), (1.0, 2.0), (2.0, 5.0)]


def test_who_states_a_time_is_not_asked_before_and_sends_as_much() -> None:
    punctual = Punctual()
    # first of all it is asked, since what it says is looked at behind each call
    assert sent(Populations([punctual]), [0.0, 1.0, 9.0, 10.0, 12.0, 21.0, 22.0]) == 2
    assert punctual.asked == [(0.0, 1.0), (9.0, 10.0), (12.0, 21.0)]


def test_whoever_joins_or_takes_a_place_is_asked() -> None:
    never, late = Punctual(), Silent()
    never.idle_until = math.inf
    populations = Populations([never])
    sent(populations, [0.0, 1.0, 2.0])
    populations.append(late)
    sent(populations, [2.0, 3.0, 4.0])
    assert never.asked == [(0.0, 1.0), (2.0, 3.0)]
    populations.remove(never)
    populations.insert(0, other := Silent())
    sent(populations, [4.0, 5.0])
    assert other.asked == [(4.0, 5.0)]
    assert late.asked == [(2.0, 3.0), (3.0, 4.0), (4.0, 5.0)]
