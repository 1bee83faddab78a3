"""Greedy optimal insertion: what whoever writes a block adds to it.

From public state, arbitrage at the top of the block; around each user's swap that leaves room, a sandwich of the best
size, and around trades on perpetuals likewise; after the last intent, the arbitrage that the block left. Intents are
otherwise in arrival order, but for bundles that want the same, of which the one with the highest tip goes first. Each
insertion is best given what stands before it, the block as a whole is a greedy one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from agents.blocks.arbitrage import outside_arbitrages, terms
from agents.blocks.contract_sandwich import trade_ahead
from agents.blocks.foresight import carry_out, end_of_unit, liquidated, simulate_swap
from agents.blocks.rivals import by_tip_among_rivals
from agents.blocks.sandwich import best_front_run
from agents.blocks.ticks import best_front_run_over
from market.access.protocols import Arrangement
from market.intents.fresh import write
from market.intents.rows import INTENT, NO_ROWS, Purpose, Row, Rows, in_line
from market.kernel.direct import bound
from market.kernel.row_copy import copy_row
from market.sequencing.ordering.base import CARRIED, FREE, first_come_order
from market.venues import Kind
from market.venues.pools.seen import has_tick, take_over

# typed constants: a bare int would have callees compiled once per value
TOP, NOBODY = np.int64(-1), np.int64(-1)
PERPETUAL_TRADE = int(Kind.PERPETUAL_TRADE)
MARGIN = 1e-9
"""Relative slack of the limits on inserted intents, against rounding."""


@njit(cache=True)
def _fill(
    rows: Rows, at: int, like: Row, rollup: int, venue: int | np.int64, asset_in: int, asset_out: int, amount: float,
    limit: float, kind: np.int64, purpose: int,
) -> None:  # fmt: skip
    """Write one inserted row, from the sender and of the time of another."""
    write(rows, at, like.sender, rollup, kind, venue, NOBODY, purpose, like.sent, like.sent, np.inf)
    row = rows[at]
    row.asset_in, row.asset_out, row.amount, row.limit = asset_in, asset_out, amount, limit


@njit(cache=True)
def _arbitrage(
    pools, ticks, prices, fee, rollups, depth, shift, cost, funds, like, order, bundle, inserted, counts
) -> float:
    """Append a bundle [swap, outside trade] for every pool that pays more than `cost`; returns the sum of profits."""
    gain = 0.0
    table = outside_arbitrages(pools, ticks, prices, fee, rollups, depth, shift)
    for k in range(table.shape[0]):
        pool, source, sink = int(table[k].pool), int(table[k].source), int(table[k].sink)
        rollup = int(pools[pool].rollup)
        if table[k].profit <= cost or table[k].amount > funds[rollup, source]:
            continue
        at, new = counts[0], counts[1]
        amount, out = table[k].amount, table[k].output
        _fill(inserted, new, like, rollup, pool, source, sink, amount, out * (1 - MARGIN), Kind.SWAP, Purpose.ARBITRAGE)
        # selling a hair less than the output keeps the second leg within the first
        _fill(
            inserted,
            new + 1,
            like,
            rollup,
            TOP,
            sink,
            source,
            out * (1 - MARGIN),
            amount,
            Kind.OUTSIDE,
            Purpose.ARBITRAGE,
        )
        order[at], order[at + 1] = -1 - new, -2 - new
        bundle[at], bundle[at + 1] = at, at
        counts[0], counts[1] = at + 2, new + 2
        simulate_swap(pools, ticks, inserted[new])
        gain += table[k].profit - cost
    return gain


@njit(cache=True)
def _possible(pools, row) -> bool:
    """Whether a swap names a pool and its two assets: somebody may send one that does not."""
    if not (0 <= row.venue < pools.size and row.amount > 0.0):
        return False
    pool = pools[row.venue]
    if pool.rollup != row.rollup:
        return False
    there = row.asset_in == pool.asset[0] and row.asset_out == pool.asset[1]
    return there or (row.asset_in == pool.asset[1] and row.asset_out == pool.asset[0])


@njit(cache=True)
def _sandwich(pools, ticks, row, victim, prices, cost, funds, like, order, bundle, inserted, counts) -> float:
    """Append [front, victim, back] if that pays more than `cost`; returns the profit [USD], 0 if nothing was added."""
    pool = row.venue
    side = 0 if row.asset_in == pools[pool].asset[0] else 1
    x, y = pools[pool].reserve[side], pools[pool].reserve[1 - side]
    rollup = row.rollup
    capital = 0.5 * funds[rollup, row.asset_in]
    if has_tick(pools, pool, side):
        size, gain = best_front_run_over(pools, ticks, pool, side, row.amount, row.limit, capital)
    else:
        size, gain = best_front_run(x, y, pools[pool].fee, pools[pool].kept, row.amount, row.limit, capital)
    gain = gain * prices[row.asset_in] - cost
    if gain <= 0.0:
        return 0.0
    at, new = counts[0], counts[1]
    _fill(inserted, new, like, rollup, pool, row.asset_in, row.asset_out, size, 0.0, Kind.SWAP, Purpose.SANDWICH)
    bought = simulate_swap(pools, ticks, inserted[new])
    simulate_swap(pools, ticks, row)
    _fill(inserted, new + 1, like, rollup, pool, row.asset_out, row.asset_in, bought, size, Kind.SWAP, Purpose.SANDWICH)
    simulate_swap(pools, ticks, inserted[new + 1])
    inserted[new].limit = bought * (1 - MARGIN)
    order[at], order[at + 1], order[at + 2] = -1 - new, victim, -2 - new
    bundle[at], bundle[at + 1], bundle[at + 2] = at, at, at
    counts[0], counts[1] = at + 3, new + 2
    return gain


@njit(cache=True)
def _wrappers(due: Rows) -> np.ndarray:
    """For each pending intent the first row of the best-tipping bundle that asks to carry it, -1 for none."""
    best = np.full(due.size, -1, np.int64)
    tips = np.zeros(due.size)
    for k in range(due.size):
        if due[k].around < 0 or (k > 0 and due[k - 1].bundle == due[k].bundle):
            continue
        tip = due[k].tip
        if k + 1 < due.size and due[k + 1].bundle == due[k].bundle:
            tip += due[k + 1].tip
        for j in range(due.size):
            if due[j].id == due[k].around and due[j].bundle < 0 and tip > tips[j]:
                best[j], tips[j] = k, tip
    return best


@njit(cache=True)
def _wrapped(pools, ticks, due, k, first, order, bundle, counts) -> float:
    """Append a searcher's bundle around (or behind) intent k; returns its tips, 0 if it would fail."""
    trial = pools.copy()
    front = due[first].asset_in == due[k].asset_in
    last = first + 1 if first + 1 < due.size and due[first + 1].bundle == due[first].bundle else first
    tip = due[first].tip + (due[last].tip if last > first else 0.0)
    at = counts[0]
    if front:
        if last == first or simulate_swap(trial, ticks, due[first]) <= 0.0:
            return 0.0
        if simulate_swap(trial, ticks, due[k]) <= 0.0 or simulate_swap(trial, ticks, due[last]) <= 0.0:
            return 0.0
        order[at], order[at + 1], order[at + 2] = first, k, last
        bundle[at], bundle[at + 1], bundle[at + 2] = FREE, CARRIED, FREE
        counts[0] = at + 3
    else:
        if simulate_swap(trial, ticks, due[k]) <= 0.0 or simulate_swap(trial, ticks, due[first]) <= 0.0:
            return 0.0
        order[at] = k
        bundle[at] = FREE
        counts[0] = at + 1
        for j in range(first, last + 1):
            order[counts[0]] = j
            bundle[counts[0]] = FREE
            counts[0] += 1
    take_over(pools, trial)
    return tip


@njit(cache=True)
def _insert(
    due,
    ties,
    observed,
    ticks,
    prices,
    fee,
    rollups,
    depth,
    shift,
    cost,
    funds,
    account,
    time,
    forced,
    forced_after,
    sandwich,
    order,
    bundle,
    inserted,
) -> tuple[int, int, float, float]:
    """Write the block; returns (length, number inserted, profit of insertions, tips of what should be filled) [USD]."""
    # the last row is there to say whose the inserted ones are, and of when
    pools, like = observed.copy(), inserted[inserted.size - 1]
    like.sender, like.sent = account, time
    counts = np.zeros(2, np.int64)
    new = forced.size
    for k in range(new):
        copy_row(inserted, k, forced, k)
    counts[1] = new
    taken = np.zeros(1 + due.size + forced.size, np.int64)
    _forced(TOP, forced, forced_after, taken, order, bundle, counts)
    gain = _arbitrage(
        pools, ticks, prices, fee, rollups, depth, shift, cost, funds, like, order, bundle, inserted, counts
    )
    tips = 0.0
    wrappers, arrived = _wrappers(due), by_tip_among_rivals(due, first_come_order(due, ties))
    start: Any = np.int64(0)
    while start < arrived.size:
        unit = arrived[start : end_of_unit(due, arrived, start)]
        start += unit.size
        k = unit[0]
        row = due[k]
        if row.around >= 0:
            continue
        if sandwich and row.kind == Kind.SWAP and row.bundle < 0 and row.sender != like.sender and not row.sealed:
            before = counts[0]
            if wrappers[k] >= 0:
                tips += _wrapped(pools, ticks, due, k, wrappers[k], order, bundle, counts)
            elif _possible(pools, row):
                gain += _sandwich(pools, ticks, row, k, prices, cost, funds, like, order, bundle, inserted, counts)
            if counts[0] > before:
                tips += row.tip
                continue
        filled = carry_out(pools, ticks, due, unit, taken)
        for j in unit:
            tips += due[j].tip if filled else 0.0
            order[counts[0]], bundle[counts[0]] = j, FREE
            counts[0] += 1
        if row.bundle < 0 and row.kind in (Kind.ORACLE_UPDATE, Kind.LOAN_AUCTION_BID, Kind.CONTRACT_AUCTION_BID):
            _forced(k, forced, forced_after, taken, order, bundle, counts)
    gain += _arbitrage(
        pools, ticks, prices, fee, rollups, depth, shift, cost, funds, like, order, bundle, inserted, counts
    )
    return counts[0], counts[1], gain, tips


@njit(cache=True)
def _forced(after, forced, forced_after, taken, order, bundle, counts) -> None:
    """Append the author's ready rows that belong behind a pending intent (-1: the top), bundles as they come."""
    at = counts[0]
    for k in range(forced.size):
        if forced_after[k] == after:
            order[counts[0]] = -1 - k
            bundle[counts[0]] = at + forced[k].bundle
            counts[0] += 1
            if forced[k].kind == Kind.LIQUIDATE:
                liquidated(forced[k].target, taken)


NOWHERE = np.zeros(0, np.int64)
_insert_seen = bound(_insert)
"""The same of what is seen, whose types are the same whoever sees it."""


def insert(
    seen,
    *,
    cost_usd: float,
    ties: np.ndarray,
    forced: Rows = NO_ROWS,
    forced_after: np.ndarray = NOWHERE,
    sandwich: bool = True,
) -> tuple[Arrangement, float, float]:
    """Arrange a block with one's best insertions.

    Parameters
    ----------
    seen : BlockView
        what the author reads
    cost_usd
        cost of an insertion below which it is left out [USD]
    ties
        shape (len(seen.due),): uniform draws that break ties of arrival
    forced, forced_after
        the author's own ready rows (bundle: number within the place) and after which pending intent each goes (-1: top)
    sandwich
        whether to front-run others

    Returns
    -------
    arrangement, profit expected of the insertions [USD], tips of the pending intents that should be filled [USD]
    """
    due, funds = in_line(seen.due), np.ascontiguousarray(seen.funds)
    most = 2 * (due.size + 2 * 2 * len(seen.pools)) + forced.size
    inserted = np.empty(most + 1, INTENT)
    order, bundle = np.empty((2, most + due.size), np.int64)
    length, new, gain, tips = _insert_seen(
        due, np.ascontiguousarray(ties, np.float64), *terms(seen), float(cost_usd), funds, seen.account,
        float(seen.time), in_line(forced), forced_after, bool(sandwich), order, bundle, inserted,
    )  # fmt: skip
    arrangement = Arrangement(order[:length], bundle[:length], inserted[:new])
    if sandwich and PERPETUAL_TRADE in due["kind"].tolist():
        arrangement, more = trade_ahead(seen, arrangement, float(cost_usd))
        gain += more
    return arrangement, gain, tips
