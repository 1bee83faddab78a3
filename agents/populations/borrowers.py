"""Leveraged borrowers: many positions held in arrays.

Each looks at her position at random times. When health is low some top up their collateral from reserves, some sell
reserves to repay, some wait. All of it goes through the sequencer, so it can come too late.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from agents.populations.arrivals import Arrivals, chosen
from market.intents.fresh import write
from market.intents.rows import INTENT, Purpose, Row, Rows
from market.kernel.direct import bind, bound
from market.state.store import State, balance, get, index
from market.venues import Kind
from market.venues.lending import at_risk
from market.venues.lending import rules as lending
from market.venues.lending.tables import LendingMarket, Loan
from market.venues.pools.curve import quoted, reserve
from market.venues.pools.depth import deepest

if TYPE_CHECKING:
    from market.model import SequencerMarket

STRETCH_S = 60.0
WAIT, TOP_UP, DELEVERAGE = range(3)

# typed constants: a bare int would have callees compiled once per value

NOBODY = np.int64(-1)
LATENCY_S, PATIENCE_S = 0.5, 120.0
TARGET_ABOVE = 0.10
"""A borrower who acts aims at this much health above the level at which she reacts."""


@njit(cache=True)
def _write(
    rows: Rows, at: int, sender: int, rollup: int, kind: np.int64, venue: int, target: int | np.int64, sent: float
) -> Row:
    """Write what all intents of borrowers have in common; returns the row."""
    write(rows, at, sender, rollup, kind, venue, target, Purpose.BORROWER, sent, sent + LATENCY_S, sent + PATIENCE_S)
    rows[at].route = 0.5
    return rows[at]


@njit(cache=True)
def _top_up(state: State, position: int, owner: int, market: int, goal: float, sent: float, out: Rows, at: int) -> bool:
    """Deposit what lifts health to the goal, as far as reserves reach."""
    rollup, asset = index(state, LendingMarket.rollup, market), index(state, LendingMarket.collateral, market)
    health = lending.health(state, position)
    missing = get(state, Loan.collateral, position) * (goal / health - 1.0)
    amount = min(missing, balance(state, owner, lending.collateral_rollup(state, market), asset))
    if not amount > 0.0:
        return False
    row = _write(out, at, owner, rollup, Kind.DEPOSIT, market, position, sent)
    row.amount, row.asset_in, row.asset_out = amount, asset, asset
    return True


@njit(cache=True)
def _sell_and_repay(
    state: State, position: int, owner: int, market: int, goal: float, sent: float, pool: int, rows: Rows
) -> bool:
    """Sell reserves on a pool and repay with the proceeds, in one bundle, towards the goal."""
    rollup = index(state, LendingMarket.rollup, market)
    asset, debt = index(state, LendingMarket.collateral, market), index(state, LendingMarket.debt, market)
    health = lending.health(state, position)
    wanted = lending.owed(state, position) * (1.0 - health / goal)
    x, y = reserve(state, pool, asset), reserve(state, pool, debt)
    amount = min(wanted / (y / x), balance(state, owner, rollup, asset))
    if not amount > 0.0:
        return False
    out = quoted(state, pool, asset, amount) * 0.98
    sale = _write(rows, 0, owner, rollup, Kind.SWAP, pool, NOBODY, sent)
    sale.amount, sale.limit, sale.asset_in, sale.asset_out = amount, out, asset, debt
    payment = _write(rows, 1, owner, rollup, Kind.REPAY, market, position, sent)
    payment.amount, payment.asset_in, payment.asset_out = out, debt, debt
    return True


@njit(cache=True)
def _look(
    state: State, times: np.ndarray, who: np.ndarray, habit: np.ndarray, pool_of: np.ndarray, level: float,
    bundle: int, out: Rows,
) -> int:  # fmt: skip
    """Let borrowers look at their positions; returns how many rows they sent."""
    count = 0
    for k in range(times.size):
        position = who[k]
        market = index(state, Loan.market, position)
        health = lending.health(state, position)
        if not health < level or not health > 0.0:
            continue
        owner = index(state, Loan.owner, position)
        goal = level + TARGET_ABOVE
        if habit[position] == TOP_UP:
            count += _top_up(state, position, owner, market, goal, times[k], out, count)
        elif pool_of[market] >= 0:
            rows = out[count : count + 2]
            if _sell_and_repay(state, position, owner, market, goal, times[k], pool_of[market], rows):
                rows[0].bundle = rows[1].bundle = bundle + k
                count += 2
    return count


_looked = bound(_look)


class Borrowers:
    """The population of leveraged borrowers.

    Parameters
    ----------
    market
        where they have borrowed
    """

    def __init__(self, market: SequencerMarket) -> None:
        law, world = market.config.borrowers, market.world
        self._law, self._state, self._market = law, world.state, market
        habits, looks = market.streams["borrowers"].spawn(2)
        draw = np.random.default_rng(habits).random(len(world.accounts_of("borrowers")))
        self._habit = np.where(draw < law.top_up_share, TOP_UP, WAIT)
        self._habit[(draw >= law.top_up_share) & (draw < law.top_up_share + law.deleverage_share)] = DELEVERAGE
        self._active = np.flatnonzero(self._habit != WAIT)
        rng = np.random.default_rng(looks)
        expected = self._active.size * STRETCH_S / law.attention_s
        self._looks = Arrivals(rng, STRETCH_S, expected, lambda count: (chosen(rng, self._active, count),))
        self._pool_of = self._selling_pools(market)
        self._rows = np.zeros(64, INTENT)
        self._none = self._rows[:0]
        self.idle_until = -math.inf if self._active.size else math.inf  # whoever looks may have something to do
        self._calm = bind(at_risk.calm, self._state, 0.0)

    @staticmethod
    def _selling_pools(market: SequencerMarket) -> np.ndarray:
        """Deepest pool on which a lending market's collateral is sold for its debt asset; -1 for none."""
        tables = market.world.tables
        found = np.full(len(tables.lending), -1, np.int64)
        for at, row in enumerate(tables.lending):
            if row["collateral_rollup"] != row["rollup"]:
                continue  # what a sale there brings does not repay here
            found[at] = deepest(tables, int(row["rollup"]), int(row["collateral"]), int(row["debt"]))
        return found

    def submit(self, time: float, until: float) -> np.ndarray:
        """Send what the borrowers who look before `until` decide; a view valid until the next call."""
        if not self._active.size:
            return self._none
        level = self._law.act_below_health
        if self._calm(self._state, level):
            self._looks.skip(until)  # whoever looked meanwhile saw nothing to do
            return self._none
        times, who = self._looks.take(until)
        if 2 * times.size > self._rows.size:
            self._rows = np.zeros(4 * times.size, INTENT)
        bundle = self._market.bundles
        self._market.bundles += times.size
        count = _looked(self._state, times, who, self._habit, self._pool_of, level, bundle, self._rows)
        return self._rows[:count]

    def learn(self, rows: Rows) -> None:
        """Learn nothing from a block: what matters is on its account when a borrower looks."""
