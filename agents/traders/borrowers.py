"""Leveraged borrowers: many positions held in arrays.

Each looks at her position at random times. When health is low some top up their collateral from reserves, some sell
reserves to repay, some wait. All of it goes through the sequencer, so it can come too late.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market import state
from market.intents import INTENT, Kind, Purpose, Row, Rows
from market.model import SequencerMarket
from market.state import LENDING, POSITION, Book, balance, get, index
from market.venues import at_risk, lending
from market.venues.pools import output, reserve

CHUNK_S = 60.0
WAIT, TOP_UP, DELEVERAGE = range(3)
BORROWER = int(Purpose.BORROWER)
# typed constants: a bare int would have callees compiled once per value
K_DEPOSIT, K_REPAY, K_SWAP = np.int64(Kind.DEPOSIT), np.int64(Kind.REPAY), np.int64(Kind.SWAP)
NOBODY = np.int64(-1)
TARGET_ABOVE = 0.10
"""A borrower who acts aims at this much health above the level at which she reacts."""


@njit(cache=True)
def _blank(row: Row, sender: int, rollup: int, kind: np.int64, venue: int, target: int | np.int64, sent: float) -> None:
    row.id, row.bundle, row.around, row.position = -1, -1, -1, -1
    row.sender, row.rollup, row.kind, row.venue, row.target = sender, rollup, kind, venue, target
    row.purpose, row.status, row.reason, row.sealed, row.carried = BORROWER, 0, 0, 0, 0
    row.tip, row.route, row.mid, row.limit = 0.0, 0.5, 0.0, 0.0
    row.sent, row.arrival, row.expiry = sent, sent + 0.5, sent + 120.0
    row.filled_in, row.filled_out, row.fallback_out, row.executed = 0.0, 0.0, 0.0, 0.0


@njit(cache=True)
def _top_up(book: Book, position: int, owner: int, market: int, goal: float, sent: float, row: Row) -> bool:
    """Deposit what lifts health to the goal, as far as reserves reach."""
    rollup, asset = index(book, LENDING, market, state.L_ROLLUP), index(book, LENDING, market, state.L_COLLATERAL)
    health = lending.health(book, position)
    missing = get(book, POSITION, position, state.N_COLLATERAL) * (goal / health - 1.0)
    amount = min(missing, balance(book, owner, lending.collateral_rollup(book, market), asset))
    if not amount > 0.0:
        return False
    _blank(row, owner, rollup, K_DEPOSIT, market, position, sent)
    row.amount, row.asset_in, row.asset_out = amount, asset, asset
    return True


@njit(cache=True)
def _sell_and_repay(
    book: Book, position: int, owner: int, market: int, goal: float, sent: float, pool: int, rows: Rows
) -> bool:
    """Sell reserves on a pool and repay with the proceeds, in one bundle, towards the goal."""
    rollup = index(book, LENDING, market, state.L_ROLLUP)
    asset, debt = index(book, LENDING, market, state.L_COLLATERAL), index(book, LENDING, market, state.L_DEBT)
    health = lending.health(book, position)
    wanted = lending.owed(book, position) * (1.0 - health / goal)
    x, y = reserve(book, pool, asset), reserve(book, pool, debt)
    amount = min(wanted / (y / x), balance(book, owner, rollup, asset))
    if not amount > 0.0:
        return False
    out = output(x, y, get(book, state.POOL, pool, state.P_FEE), amount) * 0.98
    _blank(rows[0], owner, rollup, K_SWAP, pool, NOBODY, sent)
    rows[0].amount, rows[0].limit, rows[0].asset_in, rows[0].asset_out = amount, out, asset, debt
    _blank(rows[1], owner, rollup, K_REPAY, market, position, sent)
    rows[1].amount, rows[1].asset_in, rows[1].asset_out = out, debt, debt
    return True


@njit(cache=True)
def _look(
    book: Book, times: np.ndarray, who: np.ndarray, habit: np.ndarray, pool_of: np.ndarray, level: float,
    bundle: int, out: Rows,
) -> int:  # fmt: skip
    """Let borrowers look at their positions; returns how many rows they sent."""
    count = 0
    for k in range(times.size):
        position = who[k]
        market = index(book, POSITION, position, state.N_MARKET)
        health = lending.health(book, position)
        if not health < level or not health > 0.0:
            continue
        owner = index(book, POSITION, position, state.N_OWNER)
        goal = level + TARGET_ABOVE
        if habit[position] == TOP_UP:
            count += _top_up(book, position, owner, market, goal, times[k], out[count])
        elif pool_of[market] >= 0:
            rows = out[count : count + 2]
            if _sell_and_repay(book, position, owner, market, goal, times[k], pool_of[market], rows):
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
        self._law, self._book, self._market = law, world.book, market
        habits, looks = market.streams["borrowers"].spawn(2)
        draw = np.random.default_rng(habits).random(world.borrowers)
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
            depth, debt = 0.0, int(row[state.L_DEBT])
            if row[state.L_COLLATERAL_ROLLUP] != row[state.L_ROLLUP]:
                continue  # what a sale there brings does not repay here
            for pool, spec in enumerate(tables.pool):
                pair = {int(spec[state.P_ASSET0]), int(spec[state.P_ASSET1])}
                rollup = int(spec[state.P_ROLLUP])
                if rollup == int(row[state.L_ROLLUP]) and pair == {int(row[state.L_COLLATERAL]), debt}:
                    held = tables.balance[int(spec[state.P_ACCOUNT]), rollup, debt]
                    if held > depth:
                        found[at], depth = pool, held
        return found

    def submit(self, time: float, until: float) -> np.ndarray:
        """Send what the borrowers who look before `until` decide; a view valid until the next call."""
        if not self._active.size:
            return self._rows[:0]
        level = self._law.act_below_health
        if at_risk.calm(self._book, level):
            self._looked = until  # whoever looked meanwhile saw nothing to do
            return self._rows[:0]
        times, who = self._next(until)
        if 2 * times.size > self._rows.size:
            self._rows = np.zeros(4 * times.size, INTENT)
        bundle = self._market.bundles
        self._market.bundles += times.size
        count = _look(self._book, times, who, self._habit, self._pool_of, level, bundle, self._rows)
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
        """Learn nothing from a block: what matters is on the books when a borrower looks."""
