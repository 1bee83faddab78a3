"""The populations of a market: asked for what they send, unless they have said that it is nothing yet."""

from __future__ import annotations

import math
from collections.abc import Iterable

from market.access.protocols import Population
from market.intents.mempool import Mempool


class Populations(list[Population]):
    """The populations of a market, each asked what it sends whenever time moves on."""

    def __init__(self, populations: Iterable[Population]) -> None:
        super().__init__(populations)
        self._asked: list[Population] = []
        self._idle_until: list[float] = []  # of those

    def send(self, time: float, until: float, mempool: Mempool) -> None:
        """Hand in what each sends from one time to another [s], in their order."""
        idle = self._idle_until
        if self._asked != self:  # some have joined, or left
            self._asked, idle[:] = list(self), [-math.inf] * len(self)
        for at, idle_until in enumerate(idle):
            if until < idle_until:
                continue
            population = self[at]
            rows = population.submit(time, until)
            if rows.size:
                mempool.submit(rows)
            idle[at] = getattr(population, "idle_until", -math.inf)
