"""Gaps between pools, and between pools and the outside market: what arbitrageurs look for, found once for all."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from agents.blocks.arbitrage import OPPORTUNITY, best_cycles_seen, gap_pays, outside_seen
from market.access.observation import Observation
from market.intents.bundles import Atomicity

if TYPE_CHECKING:
    from market.access.protocols import Reason


NOTHING = np.zeros(0, OPPORTUNITY)


class Leg(NamedTuple):
    """A swap of a cycle."""

    pool: int
    source: int  # asset given
    sink: int  # asset received
    amount: float  # given [units of the source]
    output: float  # [units of the sink]
    profit: float  # of the whole cycle [units of its first source]


class Cycle(NamedTuple):
    """A cycle that pays before gas."""

    profit: float  # before gas [USD]
    legs: list[Leg]
    rollups: list[int]  # of each leg
    table: np.ndarray  # the legs as compiled functions read them: (k,), `OPPORTUNITY`
    gas: float  # of all legs [USD]


NO_CYCLE = Cycle(0.0, [], [], NOTHING, 0.0)


@cache
def cycle_pays(least_usd: float, after_gas: bool) -> Reason:
    """Return the reason to look that a cycle which begins or ends in the domain earns more than this [USD]."""

    def pays(seen: Observation) -> bool:
        if not _paying_cycles(seen):
            return False
        profit, legs, rollups, _, gas = cycle(seen)
        # a profit that is all but nothing may belong to a size that rounds to nothing
        if profit <= least_usd + gas * after_gas or not rollups or legs[0].amount <= 0.0:
            return False
        return not seen.rollups or rollups[0] in seen.rollups or rollups[-1] in seen.rollups

    return pays


@cache
def trade_pays(least_usd: float) -> Reason:
    """Return the reason to look that a trade of a pool of the domain outside earns more than this after gas [USD]."""

    def pays(seen: Observation) -> bool:
        if not gap_pays(seen):
            return False
        where = rollup_of(seen)
        return any(
            profit > 2.0 * seen.gas.item(where[pool]) + least_usd for pool, *_, profit in opportunities(seen).tolist()
        )

    return pays


def opportunities(seen: Observation) -> np.ndarray:
    """Trades against the outside market now, found once for all who pay the same there: (n,), `OPPORTUNITY`; [USD]."""
    return seen.derived(("opportunities", seen.domain, seen.outside_fee), _find_outside, seen)


def _find_outside(seen: Observation) -> np.ndarray:
    return outside_seen(seen) if gap_pays(seen) else NOTHING


def rollup_of(seen: Observation) -> list[int]:
    """Rollup of each pool."""
    return seen.fixed("rollups of pools", _rollups, seen)


def _rollups(seen: Observation) -> list[int]:
    return seen.pools["rollup"].astype(int).tolist()


def cycle(seen: Observation) -> Cycle:
    """Best cycle now."""
    return seen.derived("cycle", find_cycle, seen)


def find_cycle(seen: Observation) -> Cycle:
    """Best cycle now; `NO_CYCLE` where none pays.

    What each cycle earns is for the pools alone to say, and prices which of those from several assets earns most.
    """
    highest, best = 0.0, None
    for found in _paying_cycles(seen):
        profit = found.earned * seen.prices.item(found.legs[0].source)
        if profit > highest:
            highest, best = profit, found
    if best is None:
        return NO_CYCLE
    gas = sum([seen.gas.item(rollup) for rollup in best.rollups])
    return Cycle(highest, best.legs, best.rollups, best.table, gas)


def tied(seen: Observation) -> Atomicity:
    """What a bundle of all legs of the best cycle may count on."""
    return seen.derived("cycle tied", _tied, seen)


def _tied(seen: Observation) -> Atomicity:
    rollups = cycle(seen).rollups
    return min(seen.atomic(rollups[0], rollup) for rollup in rollups)


class _Found(NamedTuple):
    """A cycle that pays, whatever the prices."""

    earned: float  # [units of its first source]
    legs: list[Leg]
    rollups: list[int]
    table: np.ndarray


def _paying_cycles(seen: Observation) -> list[_Found]:
    """Return the cycles that pay, found anew once a pool has changed."""
    return seen.lasting("cycles", _cycles, seen)


def _cycles(seen: Observation) -> list[_Found]:
    """Return the cycles that pay, the best from each asset."""
    profits, table = best_cycles_seen(seen.pools, seen.ticks, seen.prices.size)
    found, where = [], rollup_of(seen)
    for start, profit in enumerate(profits.tolist()):
        if profit:
            legs = [Leg(*leg) for leg in table[start].tolist() if leg[0] >= 0]
            found.append(_Found(profit, legs, [where[leg.pool] for leg in legs], table[start, : len(legs)]))
    return found
