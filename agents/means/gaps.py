"""Gaps between pools, and between pools and the outside market: what arbitrageurs look for, found once for all."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from agents.blocks.arbitrage import best_cycles_seen, gap_pays, outside_seen
from market.access.observation import Observation

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


@cache
def cycle_pays(least_usd: float) -> Reason:
    """Return the reason to look that a cycle which begins or ends in the domain earns more than this [USD]."""

    def pays(seen: Observation) -> bool:
        if not _paying_cycles(seen):
            return False
        profit, _, rollups = cycle(seen)
        if profit <= least_usd or not rollups:
            return False
        return not seen.rollups or rollups[0] in seen.rollups or rollups[-1] in seen.rollups

    return pays


@cache
def trade_pays(least_usd: float) -> Reason:
    """Return the reason to look that a trade of a pool of the domain outside earns more than this after gas [USD]."""

    def pays(seen: Observation) -> bool:
        return gap_pays(seen) and any(profit > 2.0 * gas + least_usd for *_, profit, gas in opportunities(seen))

    return pays


def opportunities(seen: Observation) -> list[tuple[int, int, int, int, float, float, float, float]]:
    """Trades against the outside market now, found once for all who pay the same there."""
    return seen.derived(("opportunities", seen.domain, seen.outside_fee), _find_outside, seen)


def _find_outside(seen: Observation) -> list[tuple[int, int, int, int, float, float, float, float]]:
    """Trades against the outside market now: pool, rollup, assets in and out, amount, output, profit [USD], gas."""
    if not gap_pays(seen):
        return []
    found = []
    for pool, source, sink, amount, out, profit in outside_seen(seen).tolist():
        rollup = int(seen.pools["rollup"].item(int(pool)))
        gas = seen.gas.item(rollup)
        found.append((int(pool), rollup, int(source), int(sink), amount, out, profit, gas))
    return found


def cycle(seen: Observation) -> tuple[float, list[Leg], list[int]]:
    """Best cycle now: profit [USD], legs, and the rollup of each leg."""
    return seen.derived("cycle", find_cycle, seen)


def find_cycle(seen: Observation) -> tuple[float, list[Leg], list[int]]:
    """Best cycle now: profit [USD], legs, and the rollup of each leg.

    What each cycle earns is for the pools alone to say, and prices which of those from several assets earns most.
    """
    highest: tuple[float, list[Leg], list[int]] = (0.0, [], [])
    for earned, legs, rollups in _paying_cycles(seen):
        profit = earned * seen.prices.item(legs[0].source)
        if profit > highest[0]:
            highest = profit, legs, rollups
    return highest


def _paying_cycles(seen: Observation) -> list[tuple[float, list[Leg], list[int]]]:
    """Return the cycles that pay, found anew once a pool has changed."""
    return seen.lasting("cycles", _cycles, seen)


def _cycles(seen: Observation) -> list[tuple[float, list[Leg], list[int]]]:
    """Cycles that pay, the best from each asset: what it earns [units of the asset], legs, the rollup of each leg."""
    profits, table = best_cycles_seen(seen.pools, seen.ticks, seen.prices.size)
    found = []
    for start, profit in enumerate(profits.tolist()):
        if not profit:
            continue
        legs = [Leg(*leg) for leg in table[start].tolist() if leg[0] >= 0]
        found.append((profit, legs, [int(seen.pools["rollup"].item(leg.pool)) for leg in legs]))
    return found
