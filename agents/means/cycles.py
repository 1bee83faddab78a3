"""Cycles over pools that pay: what arbitrageurs look for, found once for all."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from agents.blocks.arbitrage import OPPORTUNITY, best_cycles_seen
from agents.means.gaps import rollup_of
from agents.means.written import write_tied
from market.access.observation import Observation
from market.intents.bundles import Atomicity
from market.intents.rows import INTENT

if TYPE_CHECKING:
    from market.access.protocols import Reason


class Leg(NamedTuple):
    """A swap of a cycle."""

    pool: int
    source: int  # asset given
    sink: int  # asset received
    amount: float  # given [units of the source]
    output: float  # [units of the sink]
    profit: float  # of the whole cycle [units of its first source]


class Cycle:
    """The best cycle now, and what everybody who looks at it makes of it: found out once somebody asks for it.

    Attributes
    ----------
    profit
        what it earns before gas [USD]
    gas
        of all legs [USD]
    rollups
        of each leg in order; none where no cycle pays
    """

    def __init__(self, table: np.ndarray, profit: float, rollups: list[int], gas: float) -> None:
        self.profit, self.rollups, self.gas = profit, rollups, gas
        self._table = table
        self._tied: Atomicity | None = None
        self._bundles: dict[tuple[float, float], np.ndarray] = {}

    @cached_property
    def legs(self) -> list[Leg]:
        """Its swaps in order."""
        return [Leg(*leg) for leg in self._table.tolist()]

    @cached_property
    def outlays(self) -> list[tuple[int, int, float]]:
        """What is given on the way: rollup, asset, amount [units of the asset]."""
        return list(zip(self.rollups, self._table["source"].tolist(), self._table["amount"].tolist(), strict=True))

    def touches(self, rollups: tuple[int, ...]) -> bool:
        """Whether it begins or ends on one of these rollups; in a domain without any it does."""
        return not rollups or self.rollups[0] in rollups or self.rollups[-1] in rollups

    def tied(self, seen: Observation) -> Atomicity:
        """What a bundle of all legs may count on."""
        if self._tied is None:
            first = self.rollups[0]
            self._tied = min([seen.atomic(first, rollup) for rollup in self.rollups])
        return self._tied

    def slack(self, tips: float) -> float:
        """Share by which every leg may slip and the cycle still earn half of its profit after gas and tips [USD]."""
        costs = (self.gas + tips) / self.profit
        earned, amount = self._table["profit"].item(0), self._table["amount"].item(0)
        return 0.5 * (1.0 - costs) * earned / amount / len(self.rollups)

    def bundle(self, tip: float, expiry: float) -> np.ndarray:
        """Return all legs as one bundle, with slack, for the desk to exchange: shape (k,), `INTENT`.

        `tip`: that the first leg carries [USD]; `expiry`: when they are worth waiting for no longer [s].
        """
        rows = self._bundles.get((tip, expiry))
        if rows is None:
            rows = self._bundles[tip, expiry] = np.zeros(len(self.rollups), INTENT)
            write_tied(self._table, 1.0 - self.slack(tip), tip, expiry, rows)
        return rows


NO_CYCLE = Cycle(np.zeros(0, OPPORTUNITY), 0.0, [], 0.0)


@cache
def cycle_pays(least_usd: float, after_gas: bool) -> Reason:
    """Return the reason to look that a cycle which begins or ends in the domain earns more than this [USD]."""

    def pays(seen: Observation) -> bool:
        if not _paying(seen):
            return False
        found = cycle(seen)
        if not found.rollups or found.profit <= least_usd + found.gas * after_gas:
            return False
        return found.touches(seen.rollups)

    return pays


def cycle(seen: Observation) -> Cycle:
    """Best cycle now; one without rollups where none pays."""
    return seen.derived("cycle", _best, seen)


def _best(seen: Observation) -> Cycle:
    """Return the best cycle now.

    What each cycle earns is for the pools alone to say, and prices which of those from several assets earns most.
    """
    highest, best = 0.0, None
    for start, earned, table in _paying(seen):
        profit = earned * seen.prices.item(start)
        if profit > highest:
            highest, best = profit, table
    # a profit that is all but nothing may belong to a size that rounds to nothing
    if best is None or best["amount"].item(0) <= 0.0:
        return NO_CYCLE
    where, gas = rollup_of(seen), seen.gas
    rollups = [where[pool] for pool in best["pool"].tolist() if pool >= 0]
    return Cycle(best[: len(rollups)], highest, rollups, sum([gas.item(rollup) for rollup in rollups]))


def _paying(seen: Observation) -> list[tuple[int, float, np.ndarray]]:
    """Return the cycles that pay, the best from each asset, found anew once a pool has changed.

    Each with the asset, what it earns [units of it] and its legs as `best_cycles` writes them.
    """
    return seen.lasting("cycles", _find, seen)


def _find(seen: Observation) -> list[tuple[int, float, np.ndarray]]:
    profits, table = best_cycles_seen(seen.pools, seen.ticks, seen.prices.size)
    return [(start, earned, table[start]) for start, earned in enumerate(profits.tolist()) if earned]
