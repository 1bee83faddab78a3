"""Closed forms of arbitrage between pools and with the outside market.

The output of a path of constant-product pools is A d / (B + C d); pools compose by A <- phi r_out A, B <- r_in B,
C <- r_in C + phi A_before. The path from an asset back to itself pays iff A > B; the best input is (sqrt(A B) - B) / C
and earns (sqrt A - sqrt B)^2 / C. Derived from the pool rule by composition of Moebius maps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from agents.blocks.depth import against_depth
from agents.blocks.ticks import against_price, best_around
from market.access.observation import Observation
from market.kernel.direct import bound
from market.kernel.interpreted import row_type
from market.state.records import read_only
from market.venues.pools.seen import Ticks, has_tick, passed
from market.venues.pools.view import Pools

ROUNDING = 1e-9
"""Relative difference that rounding cannot make in a rate [1]."""
OPPORTUNITY = row_type(
    [
        ("pool", np.int64),
        ("source", np.int64),  # asset given
        ("sink", np.int64),  # asset received
        ("amount", np.float64),  # given [units of the source]
        ("output", np.float64),  # [units of the sink]
        ("profit", np.float64),  # of the trade, or of the whole cycle
    ]
)
"""A trade that pays: by itself, or as a leg of a cycle."""


@njit(cache=True)
def compose(r_in: np.ndarray, r_out: np.ndarray, phi: np.ndarray) -> tuple[float, float, float]:
    """Coefficients (A, B, C) of a path of pools with reserves r_in, r_out and phi = 1 - fee, each of shape (k,)."""
    a, b, c = 1.0, 1.0, 0.0
    for k in range(r_in.size):
        before = a
        a = phi[k] * r_out[k] * before
        b = r_in[k] * b
        c = r_in[k] * c + phi[k] * before
    return a, b, c


@njit(cache=True)
def best_input(a: float, b: float, c: float) -> tuple[float, float]:
    """Best input of a closed path and what it earns, both in the asset it starts from; (0, 0) when none pays."""
    if not a > b:
        return 0.0, 0.0
    return (np.sqrt(a * b) - b) / c, (np.sqrt(a) - np.sqrt(b)) ** 2 / c


@njit(cache=True)
def against_outside(r_in: float, r_out: float, phi: float, rate: float) -> tuple[float, float, float]:
    """Best input into a pool whose output is sold outside at `rate` (input asset per output asset, net of fees).

    Returns (input, output, profit in the input asset); zeros when none pays.
    """
    if not phi * r_out * rate > r_in:
        return 0.0, 0.0, 0.0
    amount = (np.sqrt(rate * phi * r_in * r_out) - r_in) / phi
    out = r_out * phi * amount / (r_in + phi * amount)
    return amount, out, out * rate - amount


def terms(seen: Any) -> tuple[Pools, Ticks, np.ndarray, float, np.ndarray, float, np.ndarray]:
    """Return what `outside_arbitrages` is told, from what is seen."""
    rollups, depth, shift = seen.fixed(("outside terms", seen.rollups), _outside_of, seen)
    return seen.pools, seen.ticks, seen.prices, seen.outside_fee, rollups, depth, shift


def _outside_of(seen: Any) -> tuple[np.ndarray, float, np.ndarray]:
    """These rollups, depth of the outside market [USD], and a window on its log prices over the reference."""
    return np.array(seen.rollups, np.int64), seen.outside["depth"].item(0), seen.outside["shift"][0]


@njit(cache=True)
def _among(rollups: np.ndarray) -> np.ndarray:
    """Whether each rollup is one of these, up to the last of them: so that a pool is found to be on one at once."""
    last = -1
    for rollup in rollups:
        last = max(last, rollup)
    here = np.zeros(last + 1, np.bool_)
    for rollup in rollups:
        here[rollup] = True
    return here


@njit(cache=True)
def _is_here(here: np.ndarray, rollup: float) -> bool:
    return rollup < here.size and here[int(rollup)]


@njit(cache=True)
def outside_arbitrages(
    pools: Pools, ticks: Ticks, prices: np.ndarray, fee: float, rollups: np.ndarray, depth: float, shift: np.ndarray
) -> np.ndarray:
    """Profitable trades of single pools against the outside market: shape (n,), `OPPORTUNITY`; profit in USD.

    pools, ticks: as observed; prices: (assets,) [USD]; fee: of the outside market; rollups: (k,) where to look; depth
    of the outside market [USD], and its log prices over the reference: (assets,).
    """
    found = np.empty(pools.shape[0], OPPORTUNITY)
    count = 0
    here = _among(rollups)
    for pool in range(pools.shape[0]):
        if not _is_here(here, pools[pool].rollup):
            continue
        for side in range(2):
            source = int(pools[pool].asset[side])
            sink = int(pools[pool].asset[1 - side])
            rate = prices[sink] / prices[source] * (1.0 - fee)
            phi = 1.0 - pools[pool].fee
            r_in, r_out = pools[pool].reserve[side], pools[pool].reserve[1 - side]
            if depth == np.inf and has_tick(pools, pool, side):
                amount, out, profit = against_price(pools, ticks, pool, side, rate)
            elif depth == np.inf:
                amount, out, profit = against_outside(r_in, r_out, phi, rate)
            else:
                amount, out, profit = against_depth(pools, ticks, pool, side, fee, prices, depth, shift)
            if profit > 0.0:
                found[count].pool, found[count].source, found[count].sink = pool, source, sink
                found[count].amount, found[count].output = amount, out
                found[count].profit = profit * prices[source]
                count += 1
    return found[:count]


def gap_pays(seen: Observation) -> bool:
    """Whether a pool of these rollups pays against the outside market now, but for rounding: mostly none does.

    A trade pays whose rate on the pool, times what its output is worth outside after the fee, is above one. Where the
    outside market is of finite depth, the smallest of trades meets its price there, which past trades have moved.
    """
    prices, (deep, where) = seen.prices, seen.fixed(("gaps of", seen.rollups), _gaps_of, seen)
    if not deep:
        prices = read_only(prices * np.exp(seen.outside["shift"][0]))  # as prices are
    return _gap_seen(seen.pools, where, prices, (1.0 - seen.outside_fee) * (1.0 + ROUNDING))


def _gaps_of(seen: Observation) -> tuple[bool, np.ndarray]:
    """Whether the outside market is of infinite depth, and the pools that are on these rollups: (k,)."""
    here = np.isin(np.asarray(seen.pools["rollup"]), seen.rollups)
    return seen.outside["depth"].item(0) == np.inf, np.flatnonzero(here)


@njit(cache=True)
def _gap(pools: Pools, where: np.ndarray, prices: np.ndarray, left: float) -> bool:
    for pool in where:
        for side in range(2):
            source, sink = int(pools[pool].asset[side]), int(pools[pool].asset[1 - side])
            rate = (1.0 - pools[pool].fee) * pools[pool].reserve[1 - side] / pools[pool].reserve[side]
            if rate * prices[sink] * left > prices[source]:
                return True
    return False


_outside_seen, _gap_seen = bound(outside_arbitrages), bound(_gap)
"""The same of what is seen, which is of the same types whoever sees it."""


def outside_seen(seen: Any) -> np.ndarray:
    """Profitable trades against the outside market, as of `outside_arbitrages`, from what is seen."""
    return _outside_seen(*terms(seen))


@njit(cache=True)
def _best_pools(pools: Pools, assets: int) -> np.ndarray:
    """Pool with the best marginal rate of each ordered pair of assets, -1 for none: (assets, assets)."""
    best = np.full((assets, assets), -1, np.int64)
    rates = np.zeros((assets, assets))
    for pool in range(pools.shape[0]):
        for side in range(2):
            source, sink = int(pools[pool].asset[side]), int(pools[pool].asset[1 - side])
            rate = (1.0 - pools[pool].fee) * pools[pool].reserve[1 - side] / pools[pool].reserve[side]
            if rate > rates[source, sink]:
                rates[source, sink] = rate
                best[source, sink] = pool
    return best


@njit(cache=True)
def cycle_amounts(pools: Pools, ticks: Ticks, path: np.ndarray, start: int, legs: np.ndarray) -> float:
    """Best trade around a cycle of pools, written into `legs` (k,); returns the profit in the start asset.

    path: (k,) pools in order; start: the asset that the cycle starts from and returns to.
    """
    count = path.size
    r_in, r_out, phi = np.empty(count), np.empty(count), np.empty(count)
    asset = start
    for k in range(count):
        pool = path[k]
        side = 0 if int(pools[pool].asset[0]) == asset else 1
        r_in[k], r_out[k] = pools[pool].reserve[side], pools[pool].reserve[1 - side]
        phi[k] = 1.0 - pools[pool].fee
        legs[k].pool, legs[k].source = pool, asset
        asset = int(pools[pool].asset[1 - side])
        legs[k].sink = asset
    a, b, c = compose(r_in, r_out, phi)
    amount, profit = best_input(a, b, c)
    ticked = False
    for k in range(count):
        ticked |= has_tick(pools, path[k], 0 if int(pools[path[k]].asset[0]) == legs[k].source else 1)
    if ticked and amount > 0.0:
        amount, profit = best_around(pools, ticks, path, start)
    for k in range(count):
        legs[k].amount = amount
        if ticked:
            side = 0 if int(pools[path[k]].asset[0]) == legs[k].source else 1
            amount = passed(pools, ticks, path[k], side, phi[k] * amount)[0]
        else:
            amount = r_out[k] * phi[k] * amount / (r_in[k] + phi[k] * amount)
        legs[k].output = amount
        legs[k].profit = profit
    return profit


@njit(cache=True)
def best_cycles(pools: Pools, ticks: Ticks, assets: int) -> tuple[np.ndarray, np.ndarray]:
    """Best cycle of two or three pools from each asset, the lowest of its own: by pools alone, whatever the prices.

    Of each ordered pair of assets only the pool with the best marginal rate is considered: a cycle pays at all iff it
    pays with those. The cost is linear in pools and cubic in assets, whatever the number of rollups.

    Returns
    -------
    profits
        shape (assets,): what it earns, 0 where none pays [units of the asset]
    legs
        shape (assets, 3), `OPPORTUNITY`: its trades; the pool of the third is -1 where there are two
    """
    best = _best_pools(pools, assets)
    profits, found, legs = np.zeros(assets), np.empty((assets, 3), OPPORTUNITY), np.empty(3, OPPORTUNITY)
    path = np.empty(3, np.int64)
    for i in range(assets):
        for j in range(assets):
            if j == i or best[i, j] < 0:
                continue
            for k in range(assets):
                # k == i closes a cycle of two; the start is the lowest asset so that no cycle is seen twice
                if k == j or min(j, k) < i or best[j, k] < 0 or (k != i and best[k, i] < 0):
                    continue
                size = 2 if k == i else 3
                path[0], path[1], path[2] = best[i, j], best[j, k], best[k, i]
                if path[0] == path[1]:
                    continue
                profit = cycle_amounts(pools, ticks, path[:size], i, legs)
                if profit > profits[i]:
                    profits[i] = profit
                    legs[2].pool = legs[2].pool if size == 3 else -1
                    for leg in range(3):
                        found[i, leg] = legs[leg]
    return profits, found


best_cycles_seen = bound(best_cycles)
"""The same of what is seen."""
