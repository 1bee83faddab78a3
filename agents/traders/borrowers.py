"""Leveraged borrowers: many positions held in arrays.

Each looks at her position at random times. When health is low some top up their collateral from reserves, some sell
reserves to repay, some wait. All of it goes through the sequencer, so it can come too late.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market.intents.rows import INTENT, Purpose, Row, Rows
from market.model import SequencerMarket
from market.state.store import State, balance, get, index
from market.venues import Kind
from market.venues.lending import at_risk
from market.venues.lending import rules as lending
from market.venues.lending.tables import LendingMarket, Loan
from market.venues.pools.depth import deepest
from market.venues.pools.rules import output, reserve
from market.venues.pools.tables import Pool

CHUNK_S = 60.0
WAIT, TOP_UP, DELEVERAGE = range(3)

# typed constants: a bare int would have callees compiled once per value

NOBODY = np.int64(-1)
TARGET_ABOVE = 0.10
"""A borrower who acts aims at this much health above the level at which she reacts."""


@njit(cache=True)
def _blank(row: Row, sender: int, rollup: int, kind: np.int64, venue: int, target: int | np.int64, sent: float) -> None:
    row.id, row.bundle, row.around, row.position = -1, -1, -1, -1
    row.sender, row.rollup, row.kind, row.venue, row.target = sender, rollup, kind, venue, target
    row.purpose, row.status, row.reason, row.sealed, row.carried = Purpose.BORROWER, 0, 0, 0, 0
    row.tip, row.route, row.mid, row.limit = 0.0, 0.5, 0.0, 0.0
    row.sent, row.arrival, row.expiry = sent, sent + 0.5, sent + 120.0
    row.filled_in, row.filled_out, row.fallback_out, row.executed = 0.0, 0.0, 0.0, 0.0


@njit(cache=True)
def _top_up(state: State, position: int, owner: int, market: int, goal: float, sent: float, row: Row) -> bool:
    """Deposit what lifts health to the goal, as far as reserves reach."""
    rollup, asset = index(state, LendingMarket.rollup, market), index(state, LendingMarket.collateral, market)
    health = lending.health(state, position)
    missing = get(state, Loan.collateral, position) * (goal / health - 1.0)
    amount = min(missing, balance(state, owner, lending.collateral_rollup(state, market), asset))
    if not amount > 0.0:
        return False
    _blank(row, owner, rollup, Kind.DEPOSIT, market, position, sent)
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
    out = output(x, y, get(state, Pool.fee, pool), amount) * 0.98
    _blank(rows[0], owner, rollup, Kind.SWAP, pool, NOBODY, sent)
    rows[0].amount, rows[0].limit, rows[0].asset_in, rows[0].asset_out = amount, out, asset, debt
    _blank(rows[1], owner, rollup, Kind.REPAY, market, position, sent)
    rows[1].amount, rows[1].asset_in, rows[1].asset_out = out, debt, debt
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
            count += _top_up(state, position, owner, market, goal, times[k], out[count])
        elif pool_of[market] >= 0:
            rows = out[count : count + 2]
            if _sell_and_repay(state, position, owner, market, goal, times[k], pool_of[market], rows):
                rows[0].bundle = rows[1].bundle = bundle + k
                count += 2
    return count


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
        self._rng = np.random.default_rng(looks)
        self._times, self._who = np.zeros(0), np.zeros(0, np.int64)
        self._cursor, self._drawn_until, self._looked = 0, 0.0, 0.0
        self._pool_of = self._selling_pools(market)
        self._rows = np.zeros(64, INTENT)

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
            return self._rows[:0]
        level = self._law.act_below_health
        if at_risk.calm(self._state, level):
            self._looked = until  # whoever looked meanwhile saw nothing to do
            return self._rows[:0]
        times, who = self._next(until)
        if 2 * times.size > self._rows.size:
            self._rows = np.zeros(4 * times.size, INTENT)
        bundle = self._market.bundles
        self._market.bundles += times.size
        count = _look(self._state, times, who, self._habit, self._pool_of, level, bundle, self._rows)
        return self._rows[:count]

    def _next(self, until: float) -> tuple[np.ndarray, np.ndarray]:
        """Times and positions of the looks up to `until` that have not been passed over."""
        parts = []
        while self._drawn_until <= self._looked:
            self._draw()
        self._cursor = max(self._cursor, int(np.searchsorted(self._times, self._looked, side="right")))
        while True:
            end = int(np.searchsorted(self._times, until, side="right"))
            parts.append((self._times[self._cursor : end], self._who[self._cursor : end]))
            self._cursor = end
            if self._drawn_until > until:
                break
            self._draw()
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _draw(self) -> None:
        """Draw the next minute of looks: a Poisson process per active borrower."""
        count = int(self._rng.poisson(self._active.size * CHUNK_S / self._law.attention_s))
        self._times = self._drawn_until + np.sort(self._rng.random(count)) * CHUNK_S
        self._who = self._active[self._rng.integers(self._active.size, size=count)]
        self._cursor = 0
        self._drawn_until += CHUNK_S

    def learn(self, rows: Rows) -> None:
        """Learn nothing from a block: what matters is on its account when a borrower looks."""
