"""Cycles over pools that pay: what arbitrageurs look for, found once for all."""

from __future__ import annotations

from functools import cache
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


class Path(NamedTuple):
    """A cycle that pays whatever prices are."""

    earned: float  # [units of its first source]
    legs: list[Leg]
    rollups: list[int]  # of each leg
    table: np.ndarray  # the legs as compiled functions read them: (k,), `OPPORTUNITY`


class Cycle:
    """The best cycle now, and what everybody who looks at it makes of it.

    Attributes
    ----------
    profit
        what it earns before gas [USD]
    gas
        of all legs [USD]
    legs, rollups
        its swaps in order, none where no cycle pays, and the rollup of each
    """

    def __init__(self, path: Path, profit: float, gas: float) -> None:
        self.profit, self.gas, self.legs, self.rollups = profit, gas, path.legs, path.rollups
        self.outlays = [(at, leg.source, leg.amount) for at, leg in zip(path.rollups, path.legs, strict=True)]
        self._table = path.table
        self._tied: Atomicity | None = None
        self._bundles: dict[tuple[float, float], np.ndarray] = {}

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
        first, costs = self.legs[0], (self.gas + tips) / self.profit
        return 0.5 * (1.0 - costs) * first.profit / first.amount / len(self.legs)

    def bundle(self, tip: float, expiry: float) -> np.ndarray:
        """Return all legs as one bundle, with slack, for the desk to exchange: shape (k,), `INTENT`.

        `tip`: that the first leg carries [USD]; `expiry`: when they are worth waiting for no longer [s].
        """
        rows = self._bundles.get((tip, expiry))
        if rows is None:
            rows = self._bundles[tip, expiry] = np.zeros(len(self.legs), INTENT)
            write_tied(self._table, 1.0 - self.slack(tip), tip, expiry, rows)
        return rows


NO_CYCLE = Cycle(Path(0.0, [], [], np.zeros(0, OPPORTUNITY)), 0.0, 0.0)


@cache
def cycle_pays(least_usd: float, after_gas: bool) -> Reason:
    """Return the reason to look that a cycle which begins or ends in the domain earns more than this [USD]."""

    def pays(seen: Observation) -> bool:
        if not _paying(seen):
            return False
        found = cycle(seen)
        if not found.legs or found.profit <= least_usd + found.gas * after_gas:
            return False
        return found.touches(seen.rollups)

    return pays


def cycle(seen: Observation) -> Cycle:
    """Best cycle now; one without legs where none pays."""
    return seen.derived("cycle", _best, seen)


def _best(seen: Observation) -> Cycle:
    """Return the best cycle now.

    What each cycle earns is for the pools alone to say, and prices which of those from several assets earns most.
    """
    highest, best = 0.0, None
    for path in _paying(seen):
        profit = path.earned * seen.prices.item(path.legs[0].source)
        if profit > highest:
            highest, best = profit, path
    # a profit that is all but nothing may belong to a size that rounds to nothing
    if best is None or best.legs[0].amount <= 0.0:
        return NO_CYCLE
    return Cycle(best, highest, sum([seen.gas.item(rollup) for rollup in best.rollups]))


def _paying(seen: Observation) -> list[Path]:
    """Return the cycles that pay, the best from each asset, found anew once a pool has changed."""
    return seen.lasting("cycles", _find, seen)


def _find(seen: Observation) -> list[Path]:
    profits, table = best_cycles_seen(seen.pools, seen.ticks, seen.prices.size)
    found, where = [], rollup_of(seen)
    for start, profit in enumerate(profits.tolist()):
        if profit:
            legs = [Leg(*leg) for leg in table[start].tolist() if leg[0] >= 0]
            found.append(Path(profit, legs, [where[leg.pool] for leg in legs], table[start, : len(legs)]))
    return found
